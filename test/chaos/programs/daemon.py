# python3 daemon.py PROGRAM ARGUMENTS...: becomes a daemon in the old way, deaf to SIGTERM, and runs the program.
import os
import signal
import sys

if os.fork():
    os._exit(0)
os.setsid()
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork():
    os._exit(0)
os.chdir("/")
os.execvp(sys.argv[1], sys.argv[1:])
