# Two stages on the same base, because a virtual environment is tied to its interpreter's path.
ARG BASE=python:3.15.0-slim-trixie

FROM ${BASE} AS build
WORKDIR /src
RUN python3 -m venv /opt/venv
COPY requirements/run.txt requirements/run.txt
RUN /opt/venv/bin/pip install --no-cache-dir --require-hashes --no-deps --requirement requirements/run.txt
COPY requirements/build.txt requirements/build.txt
RUN python3 -m venv /opt/build \
    && /opt/build/bin/pip install --no-cache-dir --require-hashes --no-deps --requirement requirements/build.txt
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
RUN /opt/build/bin/python -m hatchling build -t wheel -d /tmp/wheel \
    && /opt/venv/bin/pip install --no-cache-dir --no-deps /tmp/wheel/*.whl

FROM ${BASE}
LABEL org.opencontainers.image.title="voicestatus" \
      org.opencontainers.image.description="A Slack bot that tells what happened to a phone call" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /opt/venv /opt/venv
# A fixed number, so that a volume's owner can be set before the image is there.
RUN useradd --uid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin voicestatus \
    && install -d -o 10001 -g 10001 /data
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    BOT_HOST=0.0.0.0 \
    BOT_PORT=3000 \
    BOT_LOG_FORMAT=json
WORKDIR /data
VOLUME /data
USER 10001
EXPOSE 3000
# /healthz, not /readyz: a restart does not bring Slack back.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python3", "-c", "import os, urllib.request as u; u.urlopen(f\"http://127.0.0.1:{os.environ['BOT_PORT']}/healthz\", timeout=4)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["voicestatus"]
CMD ["run"]
