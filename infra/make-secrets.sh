#!/bin/sh
# Makes the secrets that docker-compose.yml hands to its containers: random, once. A secret that is there stays as it is.
# usage: infra/make-secrets.sh [FOLDER]
set -eu
umask 077

folder=${1:-"$(dirname "$0")/secrets"}

# Gives 32 random bytes as hexadecimal digits.
random() {
  od -An -v -tx1 -N32 /dev/urandom | tr -d ' \n'
}

# Keeps a text under a name, unless something has that name.
keep() {
  if [ -e "$folder/$1" ]; then
    echo "kept $folder/$1"
    return
  fi
  unfinished="$folder/.$1.$$"
  printf '%s\n' "$2" >"$unfinished"
  # The users inside the containers have other numbers than the owner: the folder keeps others out, not the files.
  chmod 444 "$unfinished"
  # A link appears whole or not at all, and never over a file that came meanwhile.
  ln "$unfinished" "$folder/$1"
  rm -f "$unfinished"
  echo "made $folder/$1"
}

mkdir -p "$folder"
chmod 700 "$folder"

keep api_token "$(random)"
keep privacy_key "$(random)"
keep signing_key "$(random)"
keep postgres_password "$(random)"
keep redis_password "$(random)"
keep metrics_token "$(random)"
keep grafana_password "$(random)"
# What holds a password once more is made of the one that is kept.
postgres_password=$(cat "$folder/postgres_password")
redis_password=$(cat "$folder/redis_password")
keep redis.conf "requirepass $redis_password"
keep database_url "postgres://lethe:$postgres_password@postgres:5432/lethe"
keep redis_url "redis://:$redis_password@redis:6379"
# A login for each service: `lethe migrate --logins` makes it with this password.
for service in scheduler extractor transformer loader; do
  keep "${service}_db_password" "$(random)"
  password=$(cat "$folder/${service}_db_password")
  keep "${service}_database_url" "postgres://lethe_${service}_login:$password@postgres:5432/lethe"
done
