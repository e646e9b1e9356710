# One image for every service: api, worker, scheduler and the migration differ by their command only.

FROM node:22-slim AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY web/ ./
RUN npm run build

FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /app
RUN python -m venv /venv
COPY requirements-image.lock ./
RUN /venv/bin/pip install --require-hashes -r requirements-image.lock
COPY pyproject.toml README.md* ./
COPY inventory/ inventory/
# In place, so that the package finds its migrations and examples beside itself, as in a checkout.
RUN /venv/bin/pip install --no-deps --no-build-isolation --no-index --editable . \
    && /venv/bin/python -m compileall -q /venv/lib inventory

FROM python:3.13-slim
LABEL org.opencontainers.image.title="inventory" \
      org.opencontainers.image.description="One typed GraphQL graph over AWS, GCP, Azure, OpenStack and Gardener"
RUN useradd --uid 10001 --create-home --shell /usr/sbin/nologin inventory
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/home/inventory
WORKDIR /app
COPY --from=build /venv /venv
COPY --from=build /app /app
COPY migrations/ migrations/
COPY examples/ examples/
COPY --from=web /src/inventory/web/static/graphiql inventory/web/static/graphiql
USER 10001:10001
EXPOSE 8080 6080
STOPSIGNAL SIGTERM
ENTRYPOINT ["inventory"]
CMD ["serve", "--host", "0.0.0.0"]
