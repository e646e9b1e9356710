"""The catalog as a GraphQL schema, and each operation as one SQL statement.

`build_schema` projects the catalog; `selection` turns an operation into a plan, `compile` a plan
into SQL, `execute` runs it.  Nothing here writes.
"""
