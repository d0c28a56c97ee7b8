"""What people put into passwords, and others try first."""

_WORDS = """
    password passwort kennwort contrasena motdepasse wachtwoord parola haslo senha passe pass clave admin
    administrator root user guest login default changeme access secret security server system welcome
    willkommen bienvenido bienvenue benvenuto hello hallo hola letmein openup whatever trustno iloveyou
    loveyou love lovely sunshine princess monkey dragon shadow master superman batman pokemon starwars
    football baseball basketball soccer hockey liverpool chelsea arsenal barcelona juventus madrid london
    berlin summer winter spring autumn sommer herbst fruhling verano invierno january february march april
    june july august september october november december monday tuesday wednesday thursday friday saturday
    sunday computer internet google facebook samsung windows android apple microsoft flower cookie chocolate
    cheese banana orange purple yellow silver golden diamond angel baby family forever freedom happy lucky
    money friend friends mother father test testing demo temp sample example office company clinic clinica
    klinik hospital doctor medical medicine patient health stemcell stem cell freequote quote quotes lead
    leads coordinator viewer staff
"""

COMMON_WORDS = frozenset(_WORDS.split())

ROWS = ("abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "qwertzuiop", "azertyuiop", "asdfghjkl", "qsdfghjklm", "zxcvbnm")
"""The alphabet and rows of keys; four in a row of one of them count for nothing."""
