export function rotateLog(file: string, maxBytes?: number): void;
