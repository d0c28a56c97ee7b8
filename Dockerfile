# Two stages: one builds the locked environment, the other carries nothing but it.
FROM python:3.11-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
WORKDIR /src
# For staff who sign in through an OpenID provider: --build-arg LOCK=requirements-oidc.lock
ARG LOCK=requirements.lock
COPY requirements.lock requirements-oidc.lock requirements-build.lock ./
RUN python -m venv /opt/freequote \
    && /opt/freequote/bin/python -m pip install --require-hashes -r "$LOCK" \
    && python -m venv /opt/build \
    && /opt/build/bin/python -m pip install --require-hashes -r requirements-build.lock
COPY pyproject.toml README.md LICENSE ./
COPY app app
COPY migrations migrations
RUN /opt/build/bin/python -m pip wheel --no-deps --no-build-isolation --wheel-dir /dist . \
    && /opt/freequote/bin/python -m pip install --no-deps /dist/*.whl \
    && /opt/freequote/bin/python -m compileall -q /opt/freequote/lib

FROM python:3.11-slim
RUN useradd --system --uid 10001 --create-home --home-dir /var/lib/freequote --shell /usr/sbin/nologin freequote
COPY --from=build /opt/freequote /opt/freequote
ENV PATH=/opt/freequote/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    FREEQUOTE_DATA_DIR=/var/lib/freequote
# By number, so that an orchestrator can see that it is not root.
USER 10001
WORKDIR /var/lib/freequote
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=2)"]
CMD ["freequote", "serve", "--host", "0.0.0.0"]
