FROM python:3.12-slim

RUN useradd --create-home --uid 10001 redledger && install --directory --owner=redledger --group=redledger /data
WORKDIR /opt/redledger
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY ledger ledger
COPY commands commands
COPY projections projections
COPY service service
RUN pip install --no-cache-dir --constraint constraints.txt '.[nats]'

USER redledger
WORKDIR /data
# Inside a container the loopback address reaches nobody; what is published outside is the host's choice.
ENV REDLEDGER_DATA_DIR=/data REDLEDGER_HOST=0.0.0.0
VOLUME /data
EXPOSE 8600
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8600/readyz', timeout=4)"]
ENTRYPOINT ["redledger"]
CMD ["up"]
