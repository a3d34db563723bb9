/** What the tools themselves make of two records. */
export const PACKED_TEXT = '{"id":"013000","first_name":"Zoë"}\n{"id":"013001","first_name":"Ada"}\n';

export const PACKED: Readonly<Record<string, Buffer>> = {
  xz: Buffer.from(
    "/Td6WFoAAATm1rRGAgAhARYAAAB0L+Wj4ABGADNdAD2IiSaBk1OFYK+qaq+BUeyrK86PFBUIDmXqiTWL6mvaEdZgNXx+xHSplqbsIEQCYMESAAAAfsV9sGQOXJQAAU9H0jLfvx+2830BAAAAAARZWg==",
    "base64",
  ),
  "xz of two parts": Buffer.from(
    "/Td6WFoAAATm1rRGAgAhARYAAAB0L+WjAQAjeyJpZCI6IjAxMzAwMCIsImZpcnN0X25hbWUiOiJab8OrIn0KAALKX30XpN4PAAE8JAUodm8ftvN9AQAAAAAEWVr9N3pYWgAABObWtEYCACEBFgAAAHQv5aMBACJ7ImlkIjoiMDEzMDAxIiwiZmlyc3RfbmFtZSI6IkFkYSJ9CgAA7i5KSx9zGBkAATsjYStTvh+2830BAAAAAARZWg==",
    "base64",
  ),
  bzip2: Buffer.from(
    "QlpoOTFBWSZTWVYbtBIAACDflAAQEARoECAAABCnI5wKAAgIACAAUKAAaBkyBKjUabUbUA9T0SClKjG4gpBxewoxNCcthCVyznp05oDjDj1ILkCmMfi7kinChIKw3aCQ",
    "base64",
  ),
  "bzip2 of two parts": Buffer.from(
    "QlpoOTFBWSZTWfarH+UAABBblAAQEARoEAAQpyOcCgAICAAgACKNE2pmphN6mQUGjRoMgNFkafEatQ3IRIT2GhJwAE1Zfec6LuSKcKEh7VY/ykJaaDkxQVkmU1mWiPaoAAAQ34AAEBAEaBAgAAAApyMcCiAAMUDTQyMmIRGg000Bp6gojYNBlWY4kpwF37t6k7PXwCfF3JFOFCQloj2qAA==",
    "base64",
  ),
  zstd: Buffer.from(
    "KLUv/QRorQEAtAJ7ImlkIjoiMDEzMDAwIiwiZmlyc3RfbmFtZSI6Ilpvw6sifQoxQWRhIn0KAgAAETycegLHbmwY",
    "base64",
  ),
  "zstd of two parts": Buffer.from(
    "KLUv/QRoIQEAeyJpZCI6IjAxMzAwMCIsImZpcnN0X25hbWUiOiJab8OrIn0KPyQBrCi1L/0EaBkBAHsiaWQiOiIwMTMwMDEiLCJmaXJzdF9uYW1lIjoiQWRhIn0KrlFtsQ==",
    "base64",
  ),
};

/** Packed with `xz --check=sha256`. */
export const XZ_SHA256 = Buffer.from(
  "/Td6WFoAAArh+wyhAgAhARYAAAB0L+Wj4ABGADNdAD2IiSaBk1OFYK+qaq+BUeyrK86PFBUIDmXqiTWL6mvaEdZgNXx+xHSplqbsIEQCYMESAAAA/be8LrOAe/3aFfiPrlWAjEt+81DOFPTmai8jznGy5wgAAWdHeJyC4hibS5oBAAAAAApZWg==",
  "base64",
);
