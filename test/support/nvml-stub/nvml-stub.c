// A libnvidia-ml.so.1 for tests: GPUs that behave as the words of a file say, without any hardware.
//
//   NVML_STUB_GPUS=8          how many there are (default 2)
//   NVML_STUB_KIND=a100       or a100-mig (each cut into two instances), h100 (with GPM), old (only names without _v2)
//   NVML_STUB_STATE=file      words, looked at in every call, so that a test may change them while the library is loaded:
//     lost=1        GPU 1 is lost            denied        no permission for counters of errors and processes
//     throttling    held down by its temperature, in hardware
//     soft          held down by its temperature, in software     capped   held down by its power cap
//     frozen        power stands still       busy          utilisation 97 %
//     reset         energy counts anew       ecc           one uncorrected error
//     xid=79        reported once            slow          every call takes 3 s
//     crash         the next call ends the process         foreign=1234  this process computes, with 4 GiB
//     dropped       the clock is a third lower             blind   GPM reads 0
//     noevents      no XID is ever reported
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

typedef int nvmlReturn_t;
typedef struct gpu *nvmlDevice_t;
enum { OK = 0, INVALID = 2, NOT_SUPPORTED = 3, NO_PERMISSION = 4, NOT_FOUND = 6, TIMEOUT = 10, LOST = 15 };
enum { MOST = 64, MIGS = 2 };
struct gpu { int index; int mig; };

static struct gpu gpus[MOST];
static struct gpu migs[MOST][MIGS];
static const char *words = "";
static size_t room = 0;
static double origin = 0;
static int heard_xid = 0;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static int count(void) {
  const char *text = getenv("NVML_STUB_GPUS");
  int n = text ? atoi(text) : 2;
  return n < 0 ? 0 : n > MOST ? MOST : n;
}

static int is_kind(const char *kind) {
  const char *text = getenv("NVML_STUB_KIND");
  return strcmp(text ? text : "a100", kind) == 0;
}

// The file is mapped, so that looking costs no system call.
static const char *find(const char *word) {
  const char *at = words;
  size_t length = strlen(word);
  while (at && *at) {
    if (strncmp(at, word, length) == 0) {
      char after = at[length];
      if (after == 0 || after == ' ' || after == '\n' || word[length - 1] == '=') return at + length;
    }
    at = strpbrk(at, " \n");
    if (at) at++;
  }
  return NULL;
}

static int says(const char *word) { return find(word) != NULL; }
static long value_of(const char *word) {
  const char *at = find(word);
  return at ? strtol(at, NULL, 10) : -1;
}

static void look(void) {
  if (room || !getenv("NVML_STUB_STATE")) return;
  int fd = open(getenv("NVML_STUB_STATE"), O_RDONLY);
  struct stat s;
  if (fd < 0 || fstat(fd, &s) || s.st_size == 0) return;
  void *at = mmap(NULL, s.st_size, PROT_READ, MAP_SHARED, fd, 0);
  close(fd);
  if (at != MAP_FAILED) { words = at; room = s.st_size; }
}

static nvmlReturn_t enter(nvmlDevice_t d) {
  look();
  if (says("crash")) abort();
  if (says("slow")) usleep(3000000);
  if (!d) return INVALID;
  return value_of("lost=") == d->index ? LOST : OK;
}
#define ENTER(d) do { nvmlReturn_t r = enter(d); if (r) return r; } while (0)
#define WHOLE(d) do { ENTER(d); if ((d)->mig >= 0) return NOT_SUPPORTED; } while (0)

// 200 W more or less 40 W with a period of 3 s, and 10 W more with every GPU; the register changes every 100 ms.
static double watts_at(int index, double t) { return 200 + 10 * index + 40 * sin(2 * M_PI * t / 3); }
static double joules_at(int index, double t) {
  return (200 + 10 * index) * t - 40 * 3 / (2 * M_PI) * (cos(2 * M_PI * t / 3) - 1);
}
static double registered(void) { return floor((now() - origin) * 10) / 10; }

nvmlReturn_t nvmlInit(void) { look(); if (says("nodriver")) return 9; return OK; }
#ifndef OLD_NAMES
nvmlReturn_t nvmlInit_v2(void) {
  for (int i = 0; i < MOST; i++) {
    gpus[i] = (struct gpu){i, -1};
    for (int m = 0; m < MIGS; m++) migs[i][m] = (struct gpu){i, m};
  }
  // Counters go on over the lives of processes, as a driver's do.
  const char *text = getenv("NVML_STUB_ORIGIN");
  origin = text ? atof(text) : 0;
  return nvmlInit();
}
nvmlReturn_t nvmlDeviceGetCount_v2(unsigned *n) { *n = count(); return OK; }
nvmlReturn_t nvmlDeviceGetHandleByIndex_v2(unsigned i, nvmlDevice_t *d) {
  if ((int)i >= count()) return INVALID;
  if (value_of("gone=") == (long)i) return LOST;
  *d = &gpus[i];
  return OK;
}
#else
__attribute__((constructor)) static void begin(void) { for (int i = 0; i < MOST; i++) gpus[i] = (struct gpu){i, -1}; }
nvmlReturn_t nvmlDeviceGetCount(unsigned *n) { *n = count(); return OK; }
nvmlReturn_t nvmlDeviceGetHandleByIndex(unsigned i, nvmlDevice_t *d) { *d = &gpus[i]; return OK; }
#endif
nvmlReturn_t nvmlShutdown(void) { return OK; }
nvmlReturn_t nvmlSystemGetDriverVersion(char *s, unsigned n) { snprintf(s, n, "550.54.15"); return OK; }
nvmlReturn_t nvmlSystemGetCudaDriverVersion_v2(int *v) { *v = 12040; return OK; }

nvmlReturn_t nvmlDeviceGetName(nvmlDevice_t d, char *s, unsigned n) {
  ENTER(d);
  const char *board = is_kind("h100") ? "NVIDIA H100 80GB HBM3" : "NVIDIA A100-SXM4-40GB";
  if (d->mig < 0) snprintf(s, n, "%s", board);
  else snprintf(s, n, "%s MIG %s", board, d->mig == 0 ? "3g.20gb" : "1g.5gb");
  return OK;
}
nvmlReturn_t nvmlDeviceGetUUID(nvmlDevice_t d, char *s, unsigned n) {
  ENTER(d);
  if (d->mig < 0) snprintf(s, n, "GPU-00000000-0000-4000-8000-%012d", d->index);
  else snprintf(s, n, "MIG-00000000-0000-4000-8000-%06d%06d", d->index, d->mig);
  return OK;
}
nvmlReturn_t nvmlDeviceGetVbiosVersion(nvmlDevice_t d, char *s, unsigned n) { WHOLE(d); snprintf(s, n, "92.00.45.00.05"); return OK; }
nvmlReturn_t nvmlDeviceGetPciInfo_v3(nvmlDevice_t d, char *p) {
  WHOLE(d);
  memset(p, 0, 68);
  snprintf(p + 36, 32, "00000000:%02X:00.0", 0x10 + d->index);
  return OK;
}
nvmlReturn_t nvmlDeviceGetArchitecture(nvmlDevice_t d, unsigned *a) { WHOLE(d); *a = is_kind("h100") ? 9 : 7; return OK; }
nvmlReturn_t nvmlDeviceGetPersistenceMode(nvmlDevice_t d, unsigned *m) { WHOLE(d); *m = 1; return OK; }
nvmlReturn_t nvmlDeviceGetComputeMode(nvmlDevice_t d, unsigned *m) { WHOLE(d); *m = 0; return OK; }
nvmlReturn_t nvmlDeviceGetEccMode(nvmlDevice_t d, unsigned *c, unsigned *p) { WHOLE(d); *c = *p = 1; return OK; }
nvmlReturn_t nvmlDeviceGetMigMode(nvmlDevice_t d, unsigned *c, unsigned *p) { WHOLE(d); *c = *p = is_kind("a100-mig"); return OK; }
nvmlReturn_t nvmlDeviceGetMaxMigDeviceCount(nvmlDevice_t d, unsigned *n) { WHOLE(d); *n = is_kind("a100-mig") ? 7 : 0; return OK; }
nvmlReturn_t nvmlDeviceGetMigDeviceHandleByIndex(nvmlDevice_t d, unsigned i, nvmlDevice_t *m) {
  WHOLE(d);
  if (i >= MIGS) return NOT_FOUND;
  *m = &migs[d->index][i];
  return OK;
}
nvmlReturn_t nvmlDeviceGetGpuInstanceId(nvmlDevice_t d, unsigned *i) { ENTER(d); if (d->mig < 0) return NOT_SUPPORTED; *i = d->mig + 1; return OK; }
nvmlReturn_t nvmlDeviceGetComputeInstanceId(nvmlDevice_t d, unsigned *i) { ENTER(d); if (d->mig < 0) return NOT_SUPPORTED; *i = 0; return OK; }

nvmlReturn_t nvmlDeviceGetPowerUsage(nvmlDevice_t d, unsigned *mw) {
  WHOLE(d);
  *mw = says("frozen") ? 217345 : (unsigned)(1000 * watts_at(d->index, registered()));
  return OK;
}
nvmlReturn_t nvmlDeviceGetTotalEnergyConsumption(nvmlDevice_t d, unsigned long long *mj) {
  WHOLE(d);
  double joules = joules_at(d->index, registered());
  *mj = (unsigned long long)(1000 * (says("reset") ? joules / 1e3 : joules));
  return OK;
}
nvmlReturn_t nvmlDeviceGetEnforcedPowerLimit(nvmlDevice_t d, unsigned *mw) { WHOLE(d); *mw = 400000; return OK; }
nvmlReturn_t nvmlDeviceGetPowerManagementLimit(nvmlDevice_t d, unsigned *mw) { WHOLE(d); *mw = 400000; return OK; }
nvmlReturn_t nvmlDeviceGetPowerManagementDefaultLimit(nvmlDevice_t d, unsigned *mw) { WHOLE(d); *mw = 400000; return OK; }
nvmlReturn_t nvmlDeviceGetPowerManagementLimitConstraints(nvmlDevice_t d, unsigned *lo, unsigned *hi) { WHOLE(d); *lo = 100000; *hi = 400000; return OK; }
nvmlReturn_t nvmlDeviceGetClockInfo(nvmlDevice_t d, int type, unsigned *mhz) {
  WHOLE(d);
  *mhz = type == 2 ? 1215 : says("dropped") ? 940 : 1410;
  return OK;
}
nvmlReturn_t nvmlDeviceGetMaxClockInfo(nvmlDevice_t d, int type, unsigned *mhz) { WHOLE(d); *mhz = type == 2 ? 1215 : 1410; return OK; }
nvmlReturn_t nvmlDeviceGetApplicationsClock(nvmlDevice_t d, int type, unsigned *mhz) { WHOLE(d); *mhz = type == 2 ? 1215 : 1275; return OK; }
nvmlReturn_t nvmlDeviceGetTemperature(nvmlDevice_t d, int sensor, unsigned *c) { (void)sensor; WHOLE(d); *c = 54 + d->index; return OK; }
nvmlReturn_t nvmlDeviceGetUtilizationRates(nvmlDevice_t d, unsigned *r) {
  WHOLE(d);
  if (is_kind("a100-mig")) return NOT_SUPPORTED;
  r[0] = says("busy") ? 97 : 35;
  r[1] = 12;
  return OK;
}
nvmlReturn_t nvmlDeviceGetMemoryInfo(nvmlDevice_t d, unsigned long long *m) {
  ENTER(d);
  m[0] = 40ull << 30; m[2] = 2ull << 30; m[1] = m[0] - m[2];
  return OK;
}
nvmlReturn_t nvmlDeviceGetCurrentClocksThrottleReasons(nvmlDevice_t d, unsigned long long *bits) {
  WHOLE(d);
  *bits = says("throttling") ? 0x48 : says("soft") ? 0x20 : says("capped") ? 0x4 : says("busy") ? 0 : 0x1;
  return OK;
}

// Held down for half of the time since the words said so: a counter that only grows.
static unsigned long long held_ns(const char *word) { return says(word) ? (unsigned long long)(5e8 * (now() - origin)) : 0; }

struct field { unsigned id, scope; long long at, latency; unsigned type, code; union { double d; unsigned long long u; } value; };
nvmlReturn_t nvmlDeviceGetFieldValues(nvmlDevice_t d, int n, struct field *f) {
  WHOLE(d);
  for (int i = 0; i < n; i++) {
    f[i].type = 3;
    f[i].code = OK;
    switch (f[i].id) {
      case 74: f[i].value.u = held_ns("capped"); break;
      case 76: f[i].value.u = 0; break;
      case 251: f[i].value.u = held_ns("soft"); break;
      case 252: f[i].value.u = held_ns("throttling"); break;
      case 253: f[i].value.u = 0; break;
      case 82: f[i].type = 1; f[i].value.u = 61; break;
      case 185: case 186:
        f[i].type = 1;
        f[i].code = is_kind("h100") ? OK : NOT_SUPPORTED;
        f[i].value.u = says("frozen") ? 217345 : (unsigned)(1000 * watts_at(d->index, registered()));
        break;
      default: f[i].code = NOT_SUPPORTED;
    }
  }
  return OK;
}
nvmlReturn_t nvmlDeviceGetTotalEccErrors(nvmlDevice_t d, int kind, int counter, unsigned long long *n) {
  (void)counter;
  WHOLE(d);
  if (says("denied")) return NO_PERMISSION;
  *n = kind == 1 && says("ecc") ? 1 : 0;
  return OK;
}
nvmlReturn_t nvmlDeviceGetRemappedRows(nvmlDevice_t d, unsigned *c, unsigned *u, unsigned *p, unsigned *f) { WHOLE(d); *c = *u = *p = *f = 0; return OK; }

struct process { unsigned pid; unsigned long long used; unsigned gi, ci; };
nvmlReturn_t nvmlDeviceGetComputeRunningProcesses_v3(nvmlDevice_t d, unsigned *n, struct process *p) {
  ENTER(d);
  if (says("denied")) return NO_PERMISSION;
  long pid = value_of("foreign=");
  // With MIG this process runs on the first instance and the stranger on the second; the GPU tells of both.
  int cut = is_kind("a100-mig");
  *n = 0;
  if (pid > 0 && d->index == 0 && (d->mig < 0 || d->mig == 1))
    p[(*n)++] = (struct process){(unsigned)pid, 4ull << 30, cut ? 2 : ~0u, cut ? 0 : ~0u};
  if (d->mig <= 0) p[(*n)++] = (struct process){(unsigned)getpid(), 1ull << 30, cut ? 1 : ~0u, cut ? 0 : ~0u};
  return OK;
}

nvmlReturn_t nvmlEventSetCreate(void **set) { *set = &heard_xid; return OK; }
nvmlReturn_t nvmlDeviceRegisterEvents(nvmlDevice_t d, unsigned long long types, void *set) { (void)types; (void)set; WHOLE(d); return says("noevents") ? NOT_SUPPORTED : OK; }
struct event { nvmlDevice_t device; unsigned long long type, data; unsigned gi, ci; };
nvmlReturn_t nvmlEventSetWait_v2(void *set, struct event *e, unsigned ms) {
  (void)set; (void)ms;
  look();
  long xid = value_of("xid=");
  if (xid < 0 || heard_xid == xid) return TIMEOUT;
  heard_xid = (int)xid;
  *e = (struct event){&gpus[0], 8, (unsigned long long)xid, 0, 0};
  return OK;
}

struct sample { double at; };
nvmlReturn_t nvmlGpmQueryDeviceSupport(nvmlDevice_t d, unsigned *s) { ENTER(d); s[1] = is_kind("h100"); return OK; }
nvmlReturn_t nvmlGpmSampleAlloc(struct sample **s) { *s = calloc(1, sizeof **s); return OK; }
nvmlReturn_t nvmlGpmSampleFree(struct sample *s) { free(s); return OK; }
nvmlReturn_t nvmlGpmSampleGet(nvmlDevice_t d, struct sample *s) { ENTER(d); s->at = now(); return OK; }
nvmlReturn_t nvmlGpmMigSampleGet(nvmlDevice_t d, unsigned gi, struct sample *s) { (void)gi; return nvmlGpmSampleGet(d, s); }
struct metric { unsigned id, code; double value; char *names[3]; };
struct metrics { unsigned version, n; struct sample *a, *b; struct metric m[512]; };
nvmlReturn_t nvmlGpmMetricsGet(struct metrics *g) {
  if (g->version != 1 || g->b->at <= g->a->at) return INVALID;
  for (unsigned i = 0; i < g->n; i++) {
    g->m[i].code = g->m[i].id >= 60 ? NOT_SUPPORTED : OK;
    g->m[i].value = says("blind") ? 0 : g->m[i].id;
  }
  return OK;
}
