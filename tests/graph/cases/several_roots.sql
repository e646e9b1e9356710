-- $1: 'E'
SELECT ('"Query"')::text,
 ((SELECT '{"nodes":'||'['||COALESCE(string_agg('{"name":'||to_json(t1."name")::text||'}',',' ORDER BY t1.id),'')||']'||'}' FROM (SELECT c."name" AS "name", c."id" AS "id" FROM zoo_house c WHERE starts_with(c."name", $1::text) ORDER BY c.id LIMIT 50) t1))::text,
 ('{"totalCount":'||(SELECT count(*) FROM zoo_animal c WHERE true)::text||'}')::text,
 ('['||'null'||']')::text
