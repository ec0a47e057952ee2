import psycopg2


class Repo:
    def __init__():
        pass

    def close(self):
        self.conn.close()


def f(dsn):
    repo = Repo(psycopg2.connect(dsn))
    repo.close()
