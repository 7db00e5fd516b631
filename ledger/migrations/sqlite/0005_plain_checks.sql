-- A list of more than two words after IN is, to SQLite, a table: it makes one with a page cache of
-- its own each time that a statement writes a row with such a CHECK. The same rules, as plain
-- comparisons. What the rows hold does not change, so only the words of the schema do
-- (www.sqlite.org/lang_altertable.html, section 7: changes that do not affect the content).
PRAGMA writable_schema = ON;

UPDATE sqlite_schema SET sql = replace(sql, 'status IN (''pending'', ''unknown'', ''closing'', ''paid'',
                                                        ''finished'', ''refunded'', ''closed'', ''failed'')',
    'status = ''pending'' OR status = ''unknown'' OR status = ''closing'' OR status = ''paid'''
    || ' OR status = ''finished'' OR status = ''refunded'' OR status = ''closed'''
    || ' OR status = ''failed''')
    WHERE type = 'table' AND name = 'payment';
UPDATE sqlite_schema SET sql = replace(sql, 'cause IN (''api'', ''notification'', ''query'', ''bill'', ''timer'',
                                                  ''operator'')',
    'cause = ''api'' OR cause = ''notification'' OR cause = ''query'' OR cause = ''bill'''
    || ' OR cause = ''timer'' OR cause = ''operator''')
    WHERE type = 'table' AND name IN ('transition', 'refund_transition');
UPDATE sqlite_schema SET sql = replace(replace(sql, 'status IN (''requested'', ''processing'', ''unknown'',
                                                      ''succeeded'', ''failed'')',
    'status = ''requested'' OR status = ''processing'' OR status = ''unknown'''
    || ' OR status = ''succeeded'' OR status = ''failed'''),
    'origin IN (''api'', ''external'', ''cancel'', ''policy'')',
    'origin = ''api'' OR origin = ''external'' OR origin = ''cancel'' OR origin = ''policy''')
    WHERE type = 'table' AND name = 'refund';
UPDATE sqlite_schema SET sql = replace(sql,
    'verdict IN (''accepted'', ''stale'', ''ignored'', ''rejected'')',
    'verdict = ''accepted'' OR verdict = ''stale'' OR verdict = ''ignored'' OR verdict = ''rejected''')
    WHERE type = 'table' AND name = 'notification';
UPDATE sqlite_schema SET sql = replace(sql, 'status IN (''enabled'', ''parked'', ''removed'')',
    'status = ''enabled'' OR status = ''parked'' OR status = ''removed''')
    WHERE type = 'table' AND name = 'endpoint';
UPDATE sqlite_schema SET sql = replace(sql,
    'status IN (''pending'', ''delivered'', ''spent'', ''cancelled'')',
    'status = ''pending'' OR status = ''delivered'' OR status = ''spent'' OR status = ''cancelled''')
    WHERE type = 'table' AND name = 'delivery';

-- Read the schema again.
PRAGMA writable_schema = RESET;
