/** The whole environment of a Python process. Nothing is inherited, so that no key of the user's reaches it. */
export function pythonEnvironment(threads: number): Record<string, string> {
  return {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: '/tmp',
    LANG: 'C.UTF-8',
    OMP_NUM_THREADS: String(threads),
    MKL_NUM_THREADS: String(threads),
    // Waiting threads spin briefly, then sleep: beside busy neighbours the default made a training step 10 to 30 times slower (measured).
    GOMP_SPINCOUNT: '2000',
    // Activations come and go each step: kept by the allocator instead of being given back, and on huge pages, they cost an eighth of
    // the page faults, and a step of a small net 10 to 20 % less time (measured). 32 MiB is the largest threshold that glibc takes.
    GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=33554432:glibc.malloc.trim_threshold=4294967296',
    PYTHONHASHSEED: '0',
    PYTHONDONTWRITEBYTECODE: '1',
    HF_HUB_OFFLINE: '1',
    TORCH_HOME: '/tmp/torch',
  }
}
