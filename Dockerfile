# One image for every process of Tenure; what a container does is its argument: `api`, `worker`, `db upgrade`, `publish`, `key` …
FROM python:3.13-slim AS build

ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_NO_CACHE=1 UV_PYTHON_DOWNLOADS=never
RUN pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore uv==0.13.9

# The dependencies alone first: this layer is built again only when the lock changes.
WORKDIR /source
COPY requirements-server.lock ./
RUN uv venv /venv && uv pip sync --python /venv --require-hashes requirements-server.lock

# requirements.lock pins what building takes (hatchling); nothing of it reaches the image.
COPY . .
RUN uv build --wheel --build-constraints requirements.lock --require-hashes --out-dir /wheel \
    && uv pip install --python /venv --no-deps /wheel/*.whl


FROM python:3.13-slim

# TENURE_API_HOST: inside a container the loopback address is out of reach for everybody else.
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 TENURE_API_HOST=0.0.0.0 TENURE_LOG_JSON=true

COPY --from=build /venv /venv

# `tenure check` and `tenure publish` read journeys/ and templates/ of the working directory: these, or a volume mounted over them.
WORKDIR /app
COPY journeys journeys
COPY templates templates

# Nothing is written but to the database, so the root file system may be read-only.
USER 10001:10001
EXPOSE 8321
ENTRYPOINT ["tenure"]
