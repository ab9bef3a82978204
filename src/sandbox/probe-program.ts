/**
 * Python program of the probes that one process can answer: one JSON line {name: [passed, detail]} on descriptor 3.
 * Arguments: planted variable's name, planted file, port of a host listener, path of a read-only mount.
 */
export const PROBE_PROGRAM = `
import ctypes, json, os, socket, sys
variable, planted, port, mount = sys.argv[1:]

def others():
    return [pid for pid in os.listdir('/proc') if pid.isdigit() and int(pid) not in (1, os.getpid())]

def environment():
    if variable in os.environ:
        return False, 'the planted variable is in its environment'
    for pid in ['1', *others()]:
        try:
            if open(f'/proc/{pid}/environ', 'rb').read():
                return False, f'the environment of process {pid} is readable'
        except OSError:
            pass
    return True, 'a planted variable is not found'

def host_file():
    try:
        open(planted).close()
        return False, f'{planted} is readable'
    except FileNotFoundError:
        return True, 'a planted file is not found'

def loopback():
    try:
        socket.create_connection(('127.0.0.1', int(port)), timeout=1).close()
        return False, f'port {port} of the host answers'
    except OSError as error:
        return True, error.strerror or str(error)

def read_only():
    try:
        open(mount + '/written', 'w').close()
        return False, 'a file was created'
    except OSError as error:
        return True, error.strerror

def user_namespace():
    libc = ctypes.CDLL(None, use_errno=True)
    if os.fork() == 0:
        os._exit(0 if libc.unshare(0x10000000) == 0 else 1)
    refused = os.waitstatus_to_exitcode(os.wait()[1]) != 0
    return refused, 'refused' if refused else 'created'

def set_user():
    if 'NoNewPrivs:\\t1' not in open('/proc/self/status').read():
        return False, 'setuid programs gain rights'
    try:
        os.setuid(0)
        return False, 'setuid(0) succeeded'
    except OSError as error:
        return True, error.strerror

def shared_memory():
    facts = os.statvfs('/dev/shm')
    size = facts.f_blocks * facts.f_frsize
    expected = int(os.environ['SHARED_MEMORY_BYTES'])
    return size <= expected + facts.f_frsize, f'{size >> 20} MiB, {expected >> 20} MiB set'

def processes():
    count = len(others())
    return count == 0, f'{count} other processes visible'

probes = [environment, host_file, loopback, read_only, user_namespace, set_user, shared_memory, processes]
found = {}
for probe in probes:
    try:
        found[probe.__name__] = probe()
    except Exception as error:
        found[probe.__name__] = False, repr(error)
os.write(3, json.dumps(found).encode() + b'\\n')
`

/** Starts a grandchild in a session of its own that holds descriptor 3 open, says so, and waits. */
export const ORPHAN_PROGRAM = `
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() != 0:
        os._exit(0)
    os.write(3, b'ready\\n')
    time.sleep(5)
time.sleep(5)
`

/** Touches memory in steps up to 1 GiB, then ends well. */
export const HOG_PROGRAM = `
import time
held = []
for _ in range(64):
    held.append(bytearray(b'x') * (16 << 20))
    time.sleep(0.005)
`
