"""Tables over REST and in files: the rows of one model or link, by the plan and SQL of GraphQL."""
