/**
 * The verdict of a basic grid: the one definition of the band in the page.
 *
 * It is that of Python (`gridgeo.partition.judge_grid`), which writes the fixture that
 * tests/js/band.test.js replays.
 */

/** @import { Band } from "./data_types.js" */

/**
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
