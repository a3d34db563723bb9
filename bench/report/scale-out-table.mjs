export const scaleOutTable = () => "";
