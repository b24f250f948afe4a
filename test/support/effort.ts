/**
 * How many times the cases of a test that could go on for ever, and the size of what is large: 1 in `npm run unit`, which is to be
 * quick, 3 in `npm test`, 50 in `npm run soak -- cases`.
 */
export const EFFORT = Number(process.env.EFFORT ?? 1)
