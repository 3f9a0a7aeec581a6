# The same where others ask how the container is, too: a balancer, Prometheus. `verispec serve` looks on a schedule, beside what
# the container is for, and the health check is a request that is answered from the last look.
FROM debian:bookworm-slim
COPY --from=verispec /verispec /verispec
COPY health.toml /health.toml
EXPOSE 8080
HEALTHCHECK --interval=2s --timeout=5s --retries=2 CMD ["/verispec", "probe", "--timeout", "3s", "http://127.0.0.1:8080/healthz"]
# What comes from outside of the container gets the status line and the counts; `--show` or a token opens more.
CMD ["sh", "-c", "touch /run/app.ready; /verispec serve --listen :8080 --every 1s /health.toml & exec sleep infinity"]
