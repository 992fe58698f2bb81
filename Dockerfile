# Two stages on the same base, because a virtual environment is tied to its interpreter's path.
# By tag, so that each build gets Debian's fixes; to pin one, see docs/installing.md.
ARG BASE=python:3.15.0-slim-trixie

FROM ${BASE} AS build
WORKDIR /src
# Only the first of the two gets pip.
RUN python3 -m venv /opt/build && python3 -m venv --without-pip /opt/venv
COPY requirements/run.txt requirements/run.txt
RUN /opt/build/bin/pip --python /opt/venv/bin/python install \
    --no-cache-dir --require-hashes --no-deps --requirement requirements/run.txt
COPY requirements/build.txt requirements/build.txt
RUN /opt/build/bin/pip install --no-cache-dir --require-hashes --no-deps --requirement requirements/build.txt
COPY pyproject.toml README.md LICENSE ./
COPY bot bot
RUN /opt/build/bin/python -m hatchling build -t wheel -d /tmp/wheel \
    && /opt/build/bin/pip --python /opt/venv/bin/python install --no-cache-dir --no-deps /tmp/wheel/*.whl

FROM ${BASE}
LABEL org.opencontainers.image.title="voicestatus" \
      org.opencontainers.image.description="A Slack bot that tells what happened to a phone call" \
      org.opencontainers.image.licenses="MIT"
COPY --from=build /opt/venv /opt/venv
# Nothing is installed into a running container.
RUN python3 -m pip uninstall --yes --root-user-action ignore pip \
    && rm -r /usr/local/lib/python3.*/ensurepip
# A fixed number, so that a volume's owner can be set before the image is there.
RUN useradd --uid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin voicestatus \
    && install -d -o 10001 -g 10001 /data
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    BOT_HOST=0.0.0.0 \
    BOT_PORT=3000 \
    BOT_HEALTH_PORT=3001 \
    BOT_LOG_FORMAT=json
WORKDIR /data
VOLUME /data
USER 10001
# Not 3001: health and metrics are for the container's own network.
EXPOSE 3000
# /healthz, not /readyz: a restart does not bring Slack back.
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["voicestatus", "health"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["voicestatus"]
CMD ["run"]
