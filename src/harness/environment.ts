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
    PYTHONHASHSEED: '0',
    PYTHONDONTWRITEBYTECODE: '1',
    HF_HUB_OFFLINE: '1',
    TORCH_HOME: '/tmp/torch',
  }
}
