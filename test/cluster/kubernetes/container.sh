#!/bin/sh
# Becomes a container, within namespaces of its own: a root of the machine's programs, the image and the pod's volumes, a
# host name, a user without rights. No image is unpacked and the network is the machine's.
#
#   container.sh ROOT HOST_NAME USER GROUP SUPPLEMENTARY ro|rw WORKING_FOLDER IMAGE DRIVER [SOURCE:TARGET:ro|rw ...] -- COMMAND...
#
# ROOT: an empty folder. SUPPLEMENTARY: a group, or none. IMAGE: its folder is /opt/loadcell in the container. DRIVER: what the
# container's nvidia-smi is, or none.
set -eu
root=$1 host=$2 user=$3 group=$4 supplementary=$5 access=$6 folder=$7 image=$8 driver=$9
shift 9

hostname "$host"
mount -t tmpfs -o mode=755,size=16m root "$root"
for name in bin sbin lib lib64 usr etc; do
  if [ -L "/$name" ]; then
    ln -s "$(readlink "/$name")" "$root/$name"
  elif [ -d "/$name" ]; then
    mkdir "$root/$name"
    mount --rbind "/$name" "$root/$name"
    mount -o remount,bind,ro "$root/$name"
  fi
done
mkdir "$root/proc" "$root/dev" "$root/sys"
mount -t proc proc "$root/proc"
mount --rbind /sys "$root/sys"
mount -t tmpfs -o mode=755,size=64k devices "$root/dev"
for device in null:3 zero:5 full:7 random:8 urandom:9; do
  mknod -m 666 "$root/dev/${device%:*}" c 1 "${device#*:}"
done
mkdir -m 1777 "$root/dev/shm"
ln -s /proc/self/fd "$root/dev/fd"

mkdir -p "$root/opt/loadcell" "$root$folder"
mount --bind "$image" "$root/opt/loadcell"
mount -o remount,bind,ro "$root/opt/loadcell"
mount -t tmpfs -o mode=755,size=1m programs "$root/usr/local/bin"
ln -s /opt/loadcell/node_modules/.bin/node "$root/usr/local/bin/node"
ln -s /opt/loadcell/bin/loadcell.js "$root/usr/local/bin/loadcell"
[ "$driver" = none ] || install -m 755 "$driver" "$root/usr/local/bin/nvidia-smi"
mkdir -m 1777 "$root/tmp"

while [ "$1" != -- ]; do
  volume=$1
  shift
  target=${volume#*:}
  target=$root${target%:*}
  source=${volume%%:*}
  if [ -d "$source" ]; then mkdir -p "$target"; else mkdir -p "${target%/*}" && touch "$target"; fi
  mount --bind "$source" "$target"
  case $volume in *:ro) mount -o remount,bind,ro "$target" ;; esac
done
shift

[ "$access" = rw ] || mount -o remount,ro "$root"
case $supplementary in none) groups=--clear-groups ;; *) groups=--groups=$supplementary ;; esac
# A parent that ends takes the container along; who becomes another user says so again.
exec chroot "$root" setpriv --reuid "$user" --regid "$group" "$groups" --no-new-privs --inh-caps=-all \
  --bounding-set=-all --pdeathsig KILL -- \
  /bin/sh -c 'cd "$1"; shift; exec "$@"' container "$folder" "$@"
