import psycopg2


def f(dsn):
    conn = psycopg2.connect(dsn)
    print("\x1")
