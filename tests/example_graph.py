"""What the example queries on the graph of all kinds must answer, computed with plain SQL."""

from __future__ import annotations

from tests.example_answers import Case

SHOOT = (
    "(select s.* from g_shoot s where exists (select from g_machine m where m.namespace ="
    " s.technical_id) order by s.id limit 1) s"
)
OWNED = (
    "(select i.id, s.technical_id, s.id as shoot_id, p.id as project_id from aws_instance i join"
    " g_machine m on m.provider_id = 'aws:///' || i.region_name || '/' || i.instance_id join g_shoot s"
    " on s.technical_id = m.namespace join g_project p on p.name = s.project_name order by i.id limit"
    " 1) o"
)
NAMED = (
    "(select v.id, v.name, s.id as shoot_id, s.technical_id from aws_vpc v join g_shoot s on"
    " s.technical_id = v.name order by v.id limit 1) n"
)

CASES = [
    Case(
        "51-search",
        lambda data: [
            (hit["match"], hit["node"]["displayName"])
            for hit in data["search"]["hits"]
            if hit["kind"] == "G_SHOOT"
        ],
        f"select 'ID', s.name from {SHOOT}",
        f"select s.technical_id as wanted from {SHOOT}",
    ),
    Case(
        "52-resources",
        lambda data: [
            (group["key"]["provider"], group["key"]["kind"], group["count"])
            for group in data["resources"]["groups"]
            if group["key"]["kind"] in ("AWS_VPC", "G_SHOOT", "GCP_INSTANCE")
        ],
        "select 'AWS', 'AWS_VPC', count(*)::int from aws_vpc union all"
        " select 'GARDENER', 'G_SHOOT', count(*)::int from g_shoot union all"
        " select 'GCP', 'GCP_INSTANCE', count(*)::int from gcp_instance",
    ),
    Case(
        "53-edges-of-anything",
        lambda data: [
            (edge["node"]["displayName"], edge["direction"], len(edge["matchedOn"]))
            for edge in data["node"]["edges"]["edges"]
            if edge["relation"] == "L_G_SHOOT_TO_PROJECT"
        ],
        f"select s.project_name, 'OUT', 2 from {SHOOT}",
        f"select 'g_shoot:' || s.id as id from {SHOOT}",
    ),
    Case(
        "54-paths",
        lambda data: [tuple(step["node"]["id"] for step in data["paths"]["paths"][0]["steps"])],
        f"select 'aws_instance:' || o.id, 'g_shoot:' || o.shoot_id, 'g_project:' || o.project_id"
        f" from {OWNED}",
        f"""select 'aws_instance:' || o.id as "from", 'g_project:' || o.project_id as "to" from {OWNED}""",
    ),
    Case(
        "55-reachable",
        lambda data: [
            (node["node"]["name"], node["distance"]) for node in data["machines"]["nodes"]
        ],
        f"select m.name, 1 from {SHOOT} join g_machine m on m.namespace = s.technical_id",
        f"""select 'g_shoot:' || s.id as "from" from {SHOOT}""",
    ),
    Case(
        "56-explain-link",
        lambda data: [
            (rule["holds"], pair["from"]["value"], pair["to"]["value"], pair["matches"])
            for rule in data["explainLink"]["rules"]
            if rule["rule"] == "name"
            for pair in rule["compared"]
        ],
        f"select true, n.name, n.technical_id, true from {NAMED}",
        f"""select 'aws_vpc:' || n.id as "from", 'g_shoot:' || n.shoot_id as "to" from {NAMED}""",
    ),
]
