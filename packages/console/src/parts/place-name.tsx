/** Where a person's records are or were: a table or a folder, and the file in it. */
export function PlaceName({ place, name }: { place: string; name: string }) {
  return <span class="mono">{name === "" ? place : `${place}/${name}`}</span>;
}
