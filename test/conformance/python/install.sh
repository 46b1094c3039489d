#!/usr/bin/env bash
# Installs the Python client of the tests into a virtual environment of the project, unless it is there. The tests
# that need it look there first, then for the module in the python3 of the machine.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
environment=$here/../../../node_modules/.cache/ottla-python
requirements=$here/requirements.txt
if cmp -s "$requirements" "$environment/installed.txt"; then exit 0; fi
rm -rf "$environment"
python3 -m venv "$environment"
"$environment/bin/pip" install --quiet --disable-pip-version-check --only-binary=:all: --require-hashes -r "$requirements"
cp "$requirements" "$environment/installed.txt"
