/**
 * The data that Python writes into a page, field by field. Types only: nothing of this file is run.
 *
 * A table is an object of columns, each as long as the others. gridgeo/maps/data.py, base.py and
 * style.py write what is declared here, gridgeo/notebook/widget.py the last two; a test
 * (tests/test_map_types.py) compares every field that they write with these declarations.
 */
export {};

/**
 * South-west and north-east corner, each as latitude and longitude in degrees.
 *
 * @typedef {[[number, number], [number, number]]} Bounds
 */

/**
 * One row of a table.
 *
 * @template {Record<string, any[]>} Table
 * @typedef {{ [Name in keyof Table]: Table[Name][number] }} Row
 */

/**
 * @typedef {object} Band
 * @property {number} lower households
 * @property {number} upper households
 * @property {number} residents_lower
 * @property {number} residents_upper
 * @property {"households" | "residents" | "either"} profile
 */

/**
 * @typedef {object} GridTable
 * @property {string[]} code
 * @property {string[]} name
 * @property {number[]} community position in the table of communities, -1 for none
 * @property {string[]} kind
 * @property {number[]} households
 * @property {(number | null)[]} residents null where they are unknown
 * @property {string[]} verdict
 * @property {string[]} facility
 * @property {(Bounds | null)[]} bounds
 */

/**
 * @typedef {object} CommunityTable
 * @property {string[]} code
 * @property {string[]} name
 * @property {string[]} verdict
 * @property {Band[]} band
 * @property {(Bounds | null)[]} bounds
 */

/**
 * @typedef {object} FindingTable
 * @property {string[]} rule its title
 * @property {("error" | "warning" | "info")[]} severity
 * @property {string[]} message
 * @property {string[][]} grids codes
 * @property {(Bounds | null)[]} bounds null where the finding has no place
 * @property {boolean[]} accepted
 */

/**
 * What search, filter, findings and editing need; the block `gg-plan` of a page.
 *
 * @typedef {object} PlanData
 * @property {string} plan the fingerprint of the plan
 * @property {"zh" | "en"} lang
 * @property {Record<string, string>} words
 * @property {Record<string, string>} colours by verdict and by severity
 * @property {GridTable} grids
 * @property {CommunityTable} communities
 * @property {FindingTable} findings
 * @property {string[]} locked codes of grids
 * @property {boolean} editable
 */

/**
 * Atoms as arcs, each border once, with the atom on either side; the block `gg-atoms` of a page.
 *
 * @typedef {object} AtomData
 * @property {[number, number]} origin longitude and latitude in units
 * @property {number} unit in degrees
 * @property {string[]} arcs packed: x and y from the origin, then steps
 * @property {number[]} left position of an atom
 * @property {number[]} right position of an atom, -1 for none
 * @property {number[]} metres length of each arc
 * @property {number[]} street 1 where a street or barrier runs along the arc, else 0
 * @property {[number, number][]} links pairs of atoms that a bridge or road joins without an arc
 * @property {number[]} households of each atom
 * @property {(number | null)[]} residents of each atom, null where they are unknown
 * @property {number[]} community position in the table of communities, -1 for none
 * @property {number[]} grid position in the table of grids, -1 for none
 */

/**
 * @typedef {object} CommunityLabels
 * @property {number[]} latitude
 * @property {number[]} longitude
 * @property {string[]} name
 * @property {number[]} room_m metres to each side
 */

/**
 * @typedef {object} GridLabels
 * @property {number[]} latitude
 * @property {number[]} longitude
 * @property {string[]} number of the grid in its community
 * @property {string[]} households as text
 * @property {number[]} room_m metres to each side
 * @property {string[]} code
 */

/**
 * @typedef {object} StreetLabels
 * @property {number[]} latitude
 * @property {number[]} longitude
 * @property {number[]} angle against east, in radians
 * @property {number[]} length_m
 * @property {string[]} name
 */

/**
 * Where names stand; those that matter most come first.
 *
 * @typedef {object} LabelData
 * @property {CommunityLabels} communities
 * @property {GridLabels} grids
 * @property {StreetLabels} streets
 */

/**
 * @typedef {object} Figure
 * @property {string} label
 * @property {string} value
 */

/**
 * @typedef {object} TitleData
 * @property {string} title
 * @property {Figure[]} figures
 * @property {string[]} lines
 */

/**
 * @typedef {object} LegendEntry
 * @property {"fill" | "line" | "dot"} shape
 * @property {string} colour
 * @property {string} label
 * @property {string} count
 * @property {string} [edge]
 * @property {string} [hatch] colour, "" for none
 * @property {number} [width]
 * @property {string} [casing] colour, "" for none
 * @property {string} [dash]
 * @property {string} [verdict] of the grids that the entry stands for
 */

/**
 * @typedef {object} LegendGroup
 * @property {string} title
 * @property {LegendEntry[]} entries
 */

/**
 * @typedef {object} LegendData
 * @property {string} title
 * @property {LegendGroup[]} groups
 */

/**
 * @typedef {object} TileData
 * @property {string[]} addresses the lowest layer first
 * @property {string} credit
 * @property {string} failed what to say where no tile arrives
 */

/**
 * What the editor widget draws, once.
 *
 * @typedef {object} EditorData
 * @property {string} plan
 * @property {"zh" | "en"} lang
 * @property {Record<string, string>} words
 * @property {Record<string, string>} colours
 * @property {GridTable} grids
 * @property {CommunityTable} communities
 * @property {FindingTable} findings
 * @property {string[]} locked
 * @property {boolean} editable
 * @property {AtomData} atoms
 * @property {LabelData} labels
 * @property {Bounds} view
 */

/**
 * @typedef {object} MovedTable
 * @property {number[]} atom
 * @property {string[]} grid the key of the grid that the atom is in now
 */

/**
 * @typedef {object} TriedGrid
 * @property {string} kind
 * @property {number} households
 * @property {string} verdict
 * @property {number} parts
 */

/**
 * @typedef {object} ComparedFigure
 * @property {string} label
 * @property {string} before
 * @property {string} after
 * @property {string} difference
 */

/**
 * @typedef {object} ChangedCells
 * @property {string} households
 * @property {string} verdict
 * @property {string} parts
 * @property {string} cost_m
 */

/**
 * @typedef {object} ChangedGrid
 * @property {string} grid
 * @property {string} label
 * @property {ChangedCells} cells
 * @property {string} verdict
 * @property {boolean} broken the grid lies in several pieces
 */

/**
 * What the edits so far make of the plan: only what differs from it.
 *
 * @typedef {object} EditorState
 * @property {MovedTable} moved
 * @property {Record<string, TriedGrid>} grids by key
 * @property {string[]} locked
 * @property {ComparedFigure[]} figures
 * @property {ChangedGrid[]} rows
 * @property {number} edits
 * @property {number} undone
 * @property {string} message
 * @property {string} file the edits, as they are exported
 */
