import { type SerializerFactory, SerializerSelector } from "@fastify/fast-json-stringify-compiler";

/**
 * Returns Fastify's own compiler of serializers, but each is compiled when it is first needed. There is one for each kind of
 * answer of each route, half a second of CPU for all, of which a start needs none.
 */
export const buildSerializer: SerializerFactory = (schemas, options) => {
  const compile = SerializerSelector()(schemas, options);
  return (route) => {
    let serialize: ReturnType<typeof compile> | undefined;
    return (answer) => {
      serialize ??= compile(route);
      return serialize(answer);
    };
  };
};
