/**
 * The band: the one definition of the page of what a grid holds and of its verdict.
 *
 * It is that of Python (`count_by` and `judge_grid` of gridgeo.partition), which writes the fixture
 * that tests/js/band.test.js replays.
 */

/** @import { Band } from "./data_types.js" */

/**
 * The residents of some atoms, null where those of an atom with households are unknown.
 *
 * @param {Iterable<number>} members
 * @param {number[]} households of each atom
 * @param {(number | null)[]} residents of each atom
 * @returns {number | null}
 */
export function countResidents(members, households, residents) {
  let count = 0;
  for (const atom of members) {
    const people = residents[atom];
    if (people === null && households[atom] > 0) return null;
    count += people || 0;
  }
  return count;
}

/**
 * The verdict of a basic grid.
 *
 * Under `either` one of the two measures is enough. Residents count only where they are known;
 * where they are not, households do, whatever the profile.
 *
 * @param {Band} band
 * @param {number} households
 * @param {number | null} residents null where they are unknown
 * @param {boolean} small the whole community is below the lower limit
 * @returns {"in_band" | "small" | "under" | "over"}
 */
export function gridVerdict(band, households, residents, small) {
  const byHouseholds = band.profile !== "residents" || residents === null;
  if (byHouseholds && band.lower <= households && households <= band.upper) return "in_band";
  if (band.profile !== "households" && residents !== null &&
      band.residents_lower <= residents && residents <= band.residents_upper) return "in_band";
  if (small) return "small";
  const below = byHouseholds ? households < band.lower : Number(residents) < band.residents_lower;
  return below ? "under" : "over";
}
