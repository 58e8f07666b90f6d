// Generated from package.json by scripts/generate.ts; edit there.
export const version = '0.1.0';
