#!/bin/sh
# Makes certificates for deploy/mtls.yml in the folder that is named, by default ./certificates: an authority of your own,
# and for each part of the service a folder with its certificate and key. Run it again to renew: the authority stays.
# Whoever has ca.key can make more: keep it elsewhere. A container sees its own folder only, so its files are readable in it;
# on this machine the folder around them is closed to others.
set -eu
folder=${1:-./certificates}
days=${DAYS:-397}
umask 022

mkdir -p "$folder"
chmod 700 "$folder"
cd "$folder"

new_key() { # FILE
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1"
}

[ -f ca.key ] || {
    new_key ca.key
    openssl req -x509 -new -key ca.key -sha256 -days 3650 -subj "/CN=leads authority" -out ca.pem \
        -addext "basicConstraints=critical,CA:TRUE" -addext "keyUsage=critical,keyCertSign,cRLSign"
    chmod 600 ca.key
}

certify() { # NAME EXTENSIONS
    mkdir -p "$1"
    new_key "$1/key.new"
    openssl req -new -key "$1/key.new" -subj "/CN=$1" -out "$1/request"
    printf '%s\n' "basicConstraints=critical,CA:FALSE" "keyUsage=critical,digitalSignature" "$2" >"$1/extensions"
    openssl x509 -req -in "$1/request" -CA ca.pem -CAkey ca.key -CAcreateserial -sha256 -days "$days" \
        -extfile "$1/extensions" -out "$1/cert.new" 2>"$1/said" || { cat "$1/said" >&2; exit 1; }
    mv "$1/key.new" "$1/key.pem"
    mv "$1/cert.new" "$1/cert.pem"
    chmod 644 "$1/key.pem"
    cp ca.pem "$1/ca.pem"
    rm "$1/request" "$1/extensions" "$1/said"
}

# The parts of the Temporal server know each other by its certificate, too.
certify temporal "subjectAltName=DNS:temporal,DNS:localhost
extendedKeyUsage=serverAuth,clientAuth"
for name in temporal-ui temporal-init worker web command-line; do
    certify "$name" "extendedKeyUsage=clientAuth"
done
