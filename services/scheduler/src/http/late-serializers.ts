import { type SerializerFactory, SerializerSelector } from "@fastify/fast-json-stringify-compiler";

/**
 * Fastify's own compiler of serializers, except that each serializer is compiled when it is first needed. To compile those of
 * all routes and answers would add half a second of CPU time to every start.
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
