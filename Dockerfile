# docker build -t atelier . && docker run --rm -v "$PWD/reports:/atelier/reports" atelier
FROM python:3.11-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends git make libgl1 libglib2.0-0 \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /atelier
# PyTorch without CUDA needs 0.2 GB instead of 3 GB: --build-arg PIP_EXTRA_INDEX_URL=(PyTorch's CPU index, see its site)
ARG PIP_EXTRA_INDEX_URL
COPY . .
RUN make setup
CMD ["make", "demo"]
