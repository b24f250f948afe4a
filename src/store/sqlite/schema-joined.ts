/** Legs that wait for what another question is answered with: a version of its own. */
export const JOINED: string = `
-- seq of the exchange that asks, of which this leg's exchange is another asker.
ALTER TABLE leg ADD COLUMN joined INTEGER;
CREATE INDEX leg_joined ON leg (joined) WHERE joined IS NOT NULL;
CREATE INDEX exchange_same ON exchange (digest) WHERE state = 0;
`
