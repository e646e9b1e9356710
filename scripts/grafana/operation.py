"""How workers, queues, schedulers and the API do, as Prometheus knows it.

What the database says is told by every replica of the API: so it is the maximum of them, never the
sum.
"""

from __future__ import annotations

from scripts.grafana.panels import Dashboard, Row, lines, number

BAD = ((None, "red"), (1.0, "green"))
FAILING = ((None, "green"), (1.0, "orange"))
WINDOW = "$__rate_interval"


def increase(metric: str, by: str) -> str:
    return f"sum by ({by}) (increase({metric}[30m]))"


def rate(metric: str, by: str) -> str:
    return f"sum by ({by}) (rate({metric}[{WINDOW}]))"


def quantile(share: float, metric: str, by: str) -> str:
    return f"histogram_quantile({share}, {rate(f'{metric}_bucket', f'{by}, le')})"


def dashboard() -> Dashboard:
    """Workers and queues."""
    rows = (
        Row(
            "At a glance",
            (
                number("PostgreSQL", "min(inventory_database_up)", sql=False, thresholds=BAD),
                number("Redis", "min(inventory_queue_up)", sql=False, thresholds=BAD),
                number(
                    "Workers", 'max(inventory_workers{status="active"})', sql=False, thresholds=BAD
                ),
                number(
                    "Overdue jobs wait",
                    "max(inventory_schedule_overdue_seconds)",
                    sql=False,
                    unit="s",
                    thresholds=((None, "green"), (60.0, "orange"), (300.0, "red")),
                ),
                number(
                    "Oldest pending run",
                    "max(asynq_queue_latency_seconds)",
                    sql=False,
                    unit="s",
                    thresholds=((None, "green"), (300.0, "orange"), (1800.0, "red")),
                ),
                number(
                    "Archived runs",
                    'sum(max by (queue) (asynq_tasks_enqueued_total{state="archived"}))',
                    sql=False,
                    thresholds=FAILING,
                ),
            ),
        ),
        Row(
            "Queues",
            (
                lines(
                    "Runs by state",
                    (
                        "{{state}}",
                        'sum by (state) (max by (queue, state) (asynq_tasks_enqueued_total{state!="completed"}))',
                    ),
                ),
                lines(
                    "Runs that have not ended, by queue",
                    ("{{queue}}", "max by (queue) (asynq_queue_size)"),
                ),
                lines(
                    "Age of the oldest pending run",
                    ("{{queue}}", "max by (queue) (asynq_queue_latency_seconds)"),
                    unit="s",
                ),
                lines(
                    "Attempts that ended, per queue",
                    ("{{queue}}", rate("asynq_tasks_processed_total", "queue")),
                    ("failed: {{queue}}", rate("asynq_tasks_failed_total", "queue")),
                    unit="ops",
                ),
                lines("Paused queues", ("{{queue}}", "max by (queue) (asynq_queue_paused_total)")),
                lines(
                    "Slots",
                    ("busy", "sum(inventory_worker_slots_busy)"),
                    ("there are", "sum(inventory_worker_slots)"),
                ),
            ),
        ),
        Row(
            "Tasks",
            (
                lines(
                    "Successful attempts in 30 minutes",
                    ("{{task_name}}", increase("inventory_task_successful_total", "task_name")),
                ),
                lines(
                    "Failed attempts in 30 minutes",
                    ("{{task_name}}", increase("inventory_task_failed_total", "task_name")),
                ),
                lines(
                    "Attempts that failed for good in 30 minutes",
                    ("{{task_name}}", increase("inventory_task_skipped_total", "task_name")),
                    (
                        "cancelled: {{task_name}}",
                        increase("inventory_task_cancelled_total", "task_name"),
                    ),
                ),
                lines(
                    "How long attempts take",
                    (
                        "{{task_name}}",
                        f"{rate('inventory_task_duration_seconds_sum', 'task_name')}"
                        f" / {rate('inventory_task_duration_seconds_count', 'task_name')}",
                    ),
                    unit="s",
                ),
                lines(
                    "How long the slow ones take (95 %)",
                    (
                        "{{task_name}}",
                        quantile(0.95, "inventory_task_duration_seconds", "task_name"),
                    ),
                    unit="s",
                ),
                lines(
                    "Errors by code", ("{{code}}", increase("inventory_task_errors_total", "code"))
                ),
                lines(
                    "Rows read, written and deleted in 30 minutes",
                    ("{{change}}", increase("inventory_collected_rows_total", "change")),
                ),
                lines(
                    "Rows that the housekeeper removed and spared",
                    (
                        "removed: {{model_name}}",
                        "max by (model_name) (inventory_housekeeper_deleted_records) > 0",
                    ),
                    (
                        "spared: {{model_name}}",
                        "max by (model_name) (inventory_housekeeper_spared_records) > 0",
                    ),
                ),
                lines("Links", ("{{state}}", "max by (state) (inventory_links)")),
            ),
        ),
        Row(
            "Schedulers",
            (
                lines(
                    "Ticks", ("{{outcome}}", increase("inventory_scheduler_ticks_total", "outcome"))
                ),
                lines(
                    "How late ticks are sent (95 %)",
                    ("lag", quantile(0.95, "inventory_scheduler_tick_lag_seconds", "job")),
                    unit="s",
                ),
                lines(
                    "Since schedulers last looked",
                    ("{{instance}}", "time() - inventory_scheduler_last_round_timestamp_seconds"),
                    unit="s",
                ),
                lines(
                    "Jobs",
                    ("{{instance}}", "inventory_scheduler_jobs"),
                    ("looked after", "max(inventory_schedule_jobs)"),
                ),
            ),
        ),
        Row(
            "API",
            (
                lines(
                    "Requests",
                    ("{{path}} {{status}}", rate("inventory_http_requests_total", "path, status")),
                    unit="reqps",
                ),
                lines(
                    "How long requests take (95 %)",
                    ("{{path}}", quantile(0.95, "inventory_http_request_seconds", "path")),
                    unit="s",
                ),
                lines(
                    "GraphQL operations",
                    (
                        "{{kind}} {{outcome}}",
                        rate("inventory_graphql_operations_total", "kind, outcome"),
                    ),
                    unit="ops",
                ),
                lines(
                    "How long operations take (95 %)",
                    ("{{kind}}", quantile(0.95, "inventory_graphql_operation_seconds", "kind")),
                    unit="s",
                ),
                lines(
                    "Refusals and failures by code",
                    ("{{code}}", rate("inventory_graphql_errors_total", "code")),
                    unit="ops",
                ),
                lines(
                    "How long statements take (95 %)",
                    ("{{use}}", quantile(0.95, "inventory_sql_seconds", "use")),
                    unit="s",
                ),
            ),
        ),
        Row(
            "Processes",
            (
                lines(
                    "Memory",
                    ("{{job}} {{instance}}", "process_resident_memory_bytes"),
                    unit="bytes",
                ),
                lines(
                    "Processors",
                    ("{{job}} {{instance}}", f"rate(process_cpu_seconds_total[{WINDOW}])"),
                ),
                lines(
                    "Connections to PostgreSQL in use",
                    ("{{pool}}", 'sum by (pool) (inventory_pool_connections{state="used"})'),
                    ("waiting: {{pool}}", "sum by (pool) (inventory_pool_waiting)"),
                ),
                lines(
                    "Wait for connections",
                    ("{{pool}}", rate("inventory_pool_wait_seconds_total", "pool")),
                    (
                        "failed: {{pool}} {{kind}}",
                        rate("inventory_pool_failures_total", "pool, kind"),
                    ),
                ),
                lines(
                    "Reading the state",
                    ("{{instance}}", "inventory_state_read_seconds"),
                    unit="s",
                ),
                lines(
                    "Clock of PostgreSQL against ours",
                    ("{{instance}}", "inventory_clock_skew_seconds"),
                    unit="s",
                ),
            ),
            folded=True,
        ),
    )
    return Dashboard(
        "inventory-operation",
        "Inventory: workers and queues",
        "How workers, queues, schedulers and the API do, as Prometheus knows it.",
        rows,
        refresh="30s",
        span="now-6h",
    )
