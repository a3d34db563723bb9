export function startOf(pid: number): Promise<string>;
export function parentOf(pid: number): Promise<number | undefined>;
export function programOf(pid: number): Promise<string>;
