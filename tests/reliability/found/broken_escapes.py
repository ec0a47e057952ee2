type X = int

import psycopg2


def f(dsn):
    conn = psycopg2.connect(dsn)
    print("\N{", "\xz" "a", b"é")
    conn.close()
