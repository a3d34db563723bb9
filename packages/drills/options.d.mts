export const MOST_AT_ONCE: number;
export const DRILLS_HELP: string;
export const DRILL_OPTIONS: readonly (readonly [flags: string, description: string, standard?: string])[];
