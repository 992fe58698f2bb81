BEGIN TRANSACTION;
CREATE TABLE application_versions (
    version_id TEXT NOT NULL PRIMARY KEY,
    version_name TEXT NOT NULL UNIQUE,
    version_timestamp INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    created_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000)
, "application_name" TEXT DEFAULT NULL);
INSERT INTO "application_versions" VALUES('334a95a2-7d16-4318-8de2-8aa59490f3bf','1',1796057924000,1796057924000,'voicestatus');
CREATE TABLE audit (
            id INTEGER PRIMARY KEY NOT NULL,
            at DATETIME NOT NULL,
            team_id TEXT NOT NULL,
            user_id TEXT NOT NULL,
            channel_id TEXT NOT NULL,
            surface TEXT NOT NULL,
            action TEXT NOT NULL,
            idmsg_hash TEXT,
            outcome TEXT,
            reason TEXT
        );
INSERT INTO "audit" VALUES(4,'2026-11-30 16:58:44.102366','T0LOOPBACK1','U0ANA000001','C0SUPPORT01','button','share','243f72ef75cc47ce',NULL,NULL);
INSERT INTO "audit" VALUES(6,'2026-11-30 16:58:44.130744','T0LOOPBACK1','U0ANA000001','C0SUPPORT01','command','share','e3211d6a73a750cb',NULL,NULL);
INSERT INTO "audit" VALUES(11,'2026-11-30 16:58:44.440920','T0LOOPBACK1','U0ANA000001','D0ANA000001','direct_message','lookup','a1bcacbbed795642','pending',NULL);
INSERT INTO "audit" VALUES(12,'2026-11-30 16:58:44.451954','T0LOOPBACK1','U0ANA000001','C0SUPPORT01','message_shortcut','lookup','afe43bd34c5a7b44','pending',NULL);
INSERT INTO "audit" VALUES(14,'2026-11-30 16:58:44.482224','T0LOOPBACK1','U0ANA000001','','global_shortcut','lookup','2b922eca9af66959','pending',NULL);
INSERT INTO "audit" VALUES(51,'2026-11-30 16:58:52.081713','T0LOOPBACK1','U0ANA000001','C0SUPPORT01','command','lookup','5d9d8ea069d5d1ff','pending',NULL);
INSERT INTO "audit" VALUES(54,'2026-11-30 16:58:53.190278','T0LOOPBACK1','U0ANA000001','C0SUPPORT01','mention','lookup','bf2dadb2168fa6c1','pending',NULL);
INSERT INTO "audit" VALUES(55,'2026-11-30 16:58:53.208303','T0LOOPBACK1','U0ANA000001','C0SUPPORT01','button','lookup','bf2dadb2168fa6c1','pending',NULL);
INSERT INTO "audit" VALUES(56,'2026-11-30 16:58:53.230513','T0LOOPBACK1','U0ANA000001','C0SUPPORT01','button','watch','bf2dadb2168fa6c1',NULL,NULL);
INSERT INTO "audit" VALUES(59,'2026-11-30 16:58:55.112493','T0LOOPBACK1','U0ANA000001','C0SUPPORT01','command','bulk',NULL,NULL,NULL);
CREATE TABLE bulk (
            id TEXT NOT NULL PRIMARY KEY,
            user_id TEXT NOT NULL,
            team_id TEXT NOT NULL,
            channel_id TEXT NOT NULL,
            thread_ts TEXT NOT NULL,
            card_channel_id TEXT,
            card_ts TEXT,
            started_at DATETIME NOT NULL,
            due_at DATETIME NOT NULL,
            state TEXT NOT NULL,
            turn INTEGER NOT NULL,
            ending TEXT,
            attempts INTEGER NOT NULL,
            doubtful BOOLEAN NOT NULL,
            decided_at DATETIME,
            ended_at DATETIME,
            name TEXT NOT NULL,
            total INTEGER NOT NULL,
            doubles INTEGER NOT NULL,
            ignored INTEGER NOT NULL,
            worker TEXT,
            paused_until DATETIME
        );
INSERT INTO "bulk" VALUES('9bad9617d9040935','U0ANA000001','T0LOOPBACK1','C0SUPPORT01','','C0SUPPORT01','1796057927.000159','2026-11-30 16:58:46.640284','2026-11-30 16:59:48.087547','reported',0,'all_asked',1,0,'2026-11-30 16:58:47.585245','2026-11-30 16:58:48.162380','',42,0,0,'114face971611fbe/70527bb9',NULL);
INSERT INTO "bulk" VALUES('2529d4d01c58890a','U0ANA000001','T0LOOPBACK1','U0ANA000001','','D0ANA000001','1796057930.000180','2026-11-30 16:58:49.188549','2026-11-30 16:59:51.052939','reported',0,'all_asked',1,1,'2026-11-30 16:58:50.548625',NULL,'',2,0,0,'114face971611fbe/d327e66d',NULL);
INSERT INTO "bulk" VALUES('18ac5265c97dd68b','U0ANA000001','T0LOOPBACK1','C0SUPPORT01','','C0SUPPORT01','1796057934.000213','2026-11-30 16:58:53.256513','2026-11-30 16:58:56.125177','asking',1,NULL,0,0,NULL,NULL,'',10,0,0,NULL,NULL);
INSERT INTO "bulk" VALUES('896291176d90adfd','U0ANA000001','T0LOOPBACK1','U0ANA000001','','D0ANA000001','1796057935.000222','2026-11-30 16:58:54.308156','2026-11-30 16:58:56.124845','asking',1,NULL,0,0,NULL,NULL,'',4,0,0,NULL,NULL);
INSERT INTO "bulk" VALUES('5564cb322eb79fe5','U0ANA000001','T0LOOPBACK1','C0SUPPORT01','','C0SUPPORT01','1796057936.000231','2026-11-30 16:58:55.109078','2026-11-30 16:58:56.128381','asking',1,NULL,0,0,NULL,NULL,'',3,0,0,NULL,NULL);
CREATE TABLE bulk_ignored (
            bulk_id TEXT NOT NULL,
            position INTEGER NOT NULL,
            number INTEGER NOT NULL,
            text TEXT NOT NULL,
            problem TEXT NOT NULL,
            PRIMARY KEY (bulk_id, position)
        );
CREATE TABLE bulk_item (
            bulk_id TEXT NOT NULL,
            position INTEGER NOT NULL,
            idmsg TEXT NOT NULL,
            lap INTEGER NOT NULL,
            outcome TEXT,
            raw TEXT,
            error TEXT,
            error_detail TEXT,
            checked_at DATETIME,
            sandbox BOOLEAN NOT NULL,
            PRIMARY KEY (bulk_id, position)
        );
INSERT INTO "bulk_item" VALUES('9bad9617d9040935',0,'SANDBOX-failed.400',2,'failed','failed:400',NULL,NULL,'2026-11-30 16:58:47.162929',1);
INSERT INTO "bulk_item" VALUES('9bad9617d9040935',1,'SANDBOX-failed.401',2,'failed','failed:401',NULL,NULL,'2026-11-30 16:58:47.169816',1);
INSERT INTO "bulk_item" VALUES('9bad9617d9040935',2,'SANDBOX-failed.402',2,'failed','failed:402',NULL,NULL,'2026-11-30 16:58:47.172786',1);
INSERT INTO "bulk_item" VALUES('9bad9617d9040935',3,'SANDBOX-failed.403',2,'failed','failed:403',NULL,NULL,'2026-11-30 16:58:47.174652',1);
INSERT INTO "bulk_item" VALUES('9bad9617d9040935',4,'SANDBOX-failed.404',2,'failed','failed:404',NULL,NULL,'2026-11-30 16:58:47.176977',1);
INSERT INTO "bulk_item" VALUES('9bad9617d9040935',5,'SANDBOX-failed.405',2,'failed','failed:405',NULL,NULL,'2026-11-30 16:58:47.178944',1);
INSERT INTO "bulk_item" VALUES('9bad9617d9040935',6,'SANDBOX-failed.406',2,'failed','failed:406',NULL,NULL,'2026-11-30 16:58:47.179831',1);
INSERT INTO "bulk_item" VALUES('9bad9617d9040935',7,'SANDBOX-failed.407',2,'failed','failed:407',NULL,NULL,'2026-11-30 16:58:47.183588',1);
INSERT INTO "bulk_item" VALUES('9bad9617d9040935',8,'SANDBOX-failed.408',2,'failed','failed:408',NULL,NULL,'2026-11-30 16:58:47.185645',1);
INSERT INTO "bulk_item" VALUES('9bad9617d9040935',9,'SANDBOX-failed.409',2,'failed','failed:409',NULL,NULL,'2026-11-30 16:58:47.188678',1);
INSERT INTO "bulk_item" VALUES('9bad9617d9040935',10,'SANDBOX-failed.410',2,'failed','failed:410',NULL,NULL,'2026-11-30 16:58:47.189476',1);
INSERT INTO "bulk_item" VALUES('9bad9617d9040935',11,'SANDBOX-failed.411',2,'failed','failed:411',NULL,NULL,'2026-11-30 16:58:47.191105',1);
INSERT INTO "bulk_item" VALUES('9bad9617d9040935',12,'SANDBOX-failed.412',2,'failed','failed:412',NULL,NULL,'2026-11-30 16:58:47.193282',1);
INSERT INTO "bulk_item" VALUES('9bad9617d9040935',13,'SANDBOX-failed.413',2,'failed','failed:413',NULL,NULL,'2026-11-30 16:58:47.195541',1);
INSERT INTO "bulk_item" VALUES('9bad9617d9040935',14,'SANDBOX-failed.414',2,'failed','failed:414',NULL,NULL,'2026-11-30 16:58:47.196238',1);
INSERT INTO "bulk_item" VALUES('9bad9617d9040935',15,'SANDBOX-failed.415',2,'failed','failed:415',NULL,NULL,'2026-11-30 16:58:47.197481',1);
INSERT INTO "bulk_item" VALUES('9bad9617d9040935',16,'SANDBOX-failed.416',2,'failed','failed:416',NULL,NULL,'2026-11-30 16:58:47.199632',1);
INSERT INTO "bulk_item" VALUES('9bad9617d9040935',17,'SANDBOX-failed.417',2,'failed','failed:417',NULL,NULL,'2026-11-30 16:58:47.201820',1);
INSERT INTO "bulk_item" VALUES('9bad9617d9040935',18,'SANDBOX-failed.418',2,'failed','failed:418',NULL,NULL,'2026-11-30 16:58:47.202707',1);
INSERT INTO "bulk_item" VALUES('9bad9617d9040935',19,'SANDBOX-failed.419',2,'failed','failed:419',NULL,NULL,'2026-11-30 16:58:47.204093',1);
INSERT INTO "bulk_item" VALUES('9bad9617d9040935',20,'SANDBOX-failed.420',2,'failed','failed:420',NULL,NULL,'2026-11-30 16:58:47.206971',1);
INSERT INTO "bulk_item" VALUES('9bad9617d9040935',21,'SANDBOX-failed.421',2,'failed','failed:421',NULL,NULL,'2026-11-30 16:58:47.207727',1);
INSERT INTO "bulk_item" VALUES('9bad9617d9040935',22,'SANDBOX-failed.422',2,'failed','failed:422',NULL,NULL,'2026-11-30 16:58:47.209194',1);
INSERT INTO "bulk_item" VALUES('9bad9617d9040935',23,'SANDBOX-failed.423',2,'failed','failed:423',NULL,NULL,'2026-11-30 16:58:47.211403',1);
INSERT INTO "bulk_item" VALUES('9bad9617d9040935',24,'SANDBOX-failed.424',2,'failed','failed:424',NULL,NULL,'2026-11-30 16:58:47.212594',1);
INSERT INTO "bulk_item" VALUES('9bad9617d9040935',25,'SANDBOX-failed.425',2,'failed','failed:425',NULL,NULL,'2026-11-30 16:58:47.214001',1);
INSERT INTO "bulk_item" VALUES('9bad9617d9040935',26,'SANDBOX-failed.426',2,'failed','failed:426',NULL,NULL,'2026-11-30 16:58:47.215460',1);
INSERT INTO "bulk_item" VALUES('9bad9617d9040935',27,'SANDBOX-failed.427',2,'failed','failed:427',NULL,NULL,'2026-11-30 16:58:47.217026',1);
INSERT INTO "bulk_item" VALUES('9bad9617d9040935',28,'SANDBOX-failed.428',2,'failed','failed:428',NULL,NULL,'2026-11-30 16:58:47.217845',1);
INSERT INTO "bulk_item" VALUES('9bad9617d9040935',29,'SANDBOX-failed.429',2,'failed','failed:429',NULL,NULL,'2026-11-30 16:58:47.219298',1);
INSERT INTO "bulk_item" VALUES('9bad9617d9040935',30,'SANDBOX-failed.430',2,'failed','failed:430',NULL,NULL,'2026-11-30 16:58:47.221624',1);
INSERT INTO "bulk_item" VALUES('9bad9617d9040935',31,'SANDBOX-failed.431',2,'failed','failed:431',NULL,NULL,'2026-11-30 16:58:47.223258',1);
INSERT INTO "bulk_item" VALUES('9bad9617d9040935',32,'SANDBOX-failed.432',2,'failed','failed:432',NULL,NULL,'2026-11-30 16:58:47.225825',1);
INSERT INTO "bulk_item" VALUES('9bad9617d9040935',33,'SANDBOX-failed.433',2,'failed','failed:433',NULL,NULL,'2026-11-30 16:58:47.226876',1);
INSERT INTO "bulk_item" VALUES('9bad9617d9040935',34,'SANDBOX-failed.434',2,'failed','failed:434',NULL,NULL,'2026-11-30 16:58:47.228457',1);
INSERT INTO "bulk_item" VALUES('9bad9617d9040935',35,'SANDBOX-failed.435',2,'failed','failed:435',NULL,NULL,'2026-11-30 16:58:47.229710',1);
INSERT INTO "bulk_item" VALUES('9bad9617d9040935',36,'SANDBOX-failed.436',2,'failed','failed:436',NULL,NULL,'2026-11-30 16:58:47.231735',1);
INSERT INTO "bulk_item" VALUES('9bad9617d9040935',37,'SANDBOX-failed.437',2,'failed','failed:437',NULL,NULL,'2026-11-30 16:58:47.232878',1);
INSERT INTO "bulk_item" VALUES('9bad9617d9040935',38,'SANDBOX-failed.438',2,'failed','failed:438',NULL,NULL,'2026-11-30 16:58:47.234065',1);
INSERT INTO "bulk_item" VALUES('9bad9617d9040935',39,'SANDBOX-failed.439',2,'failed','failed:439',NULL,NULL,'2026-11-30 16:58:47.236844',1);
INSERT INTO "bulk_item" VALUES('9bad9617d9040935',40,'SANDBOX-failed.440',2,'failed','failed:440',NULL,NULL,'2026-11-30 16:58:47.239310',1);
INSERT INTO "bulk_item" VALUES('9bad9617d9040935',41,'SANDBOX-PENDING-918',2,'pending','024',NULL,NULL,'2026-11-30 16:58:47.239847',1);
INSERT INTO "bulk_item" VALUES('2529d4d01c58890a',0,'SANDBOX-OK',2,'answered','ok:85.00',NULL,NULL,'2026-11-30 16:58:44.309885',1);
INSERT INTO "bulk_item" VALUES('2529d4d01c58890a',1,'SANDBOX-FOREVER',2,'pending','024',NULL,NULL,'2026-11-30 16:58:50.052419',1);
INSERT INTO "bulk_item" VALUES('18ac5265c97dd68b',0,'SANDBOX-OK',2,'answered','ok:85.00',NULL,NULL,'2026-11-30 16:58:44.309885',1);
INSERT INTO "bulk_item" VALUES('18ac5265c97dd68b',1,'SANDBOX-BUSY',2,'failed','failed:486',NULL,NULL,'2026-11-30 16:58:43.769152',1);
INSERT INTO "bulk_item" VALUES('18ac5265c97dd68b',2,'SANDBOX-SLOW-20',0,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "bulk_item" VALUES('18ac5265c97dd68b',3,'SANDBOX-SLOW-21',0,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "bulk_item" VALUES('18ac5265c97dd68b',4,'SANDBOX-SLOW-22',0,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "bulk_item" VALUES('18ac5265c97dd68b',5,'SANDBOX-SLOW-23',0,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "bulk_item" VALUES('18ac5265c97dd68b',6,'SANDBOX-SLOW-24',0,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "bulk_item" VALUES('18ac5265c97dd68b',7,'SANDBOX-SLOW-25',0,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "bulk_item" VALUES('18ac5265c97dd68b',8,'SANDBOX-SLOW-26',0,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "bulk_item" VALUES('18ac5265c97dd68b',9,'SANDBOX-SLOW-27',0,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "bulk_item" VALUES('896291176d90adfd',0,'SANDBOX-SLOW-30',0,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "bulk_item" VALUES('896291176d90adfd',1,'SANDBOX-SLOW-31',0,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "bulk_item" VALUES('896291176d90adfd',2,'SANDBOX-SLOW-32',0,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "bulk_item" VALUES('896291176d90adfd',3,'SANDBOX-SLOW-33',0,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "bulk_item" VALUES('5564cb322eb79fe5',0,'SANDBOX-404',0,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "bulk_item" VALUES('5564cb322eb79fe5',1,'SANDBOX-failed.500',0,NULL,NULL,NULL,NULL,NULL,0);
INSERT INTO "bulk_item" VALUES('5564cb322eb79fe5',2,'SANDBOX-failed.501',0,NULL,NULL,NULL,NULL,NULL,0);
CREATE TABLE dbos_migrations (version INTEGER NOT NULL PRIMARY KEY);
INSERT INTO "dbos_migrations" VALUES(125);
CREATE TABLE executor (
            id TEXT NOT NULL PRIMARY KEY,
            host TEXT NOT NULL,
            pid INTEGER NOT NULL,
            beats INTEGER NOT NULL,
            at DATETIME NOT NULL
        );
INSERT INTO "executor" VALUES('114face971611fbe','a host of 0.1.0',4711,-1,'2026-11-30 16:58:56.997066');
CREATE TABLE gate (
            name TEXT NOT NULL PRIMARY KEY,
            next_slot DOUBLE NOT NULL,
            closed_until DOUBLE NOT NULL,
            strikes INTEGER NOT NULL,
            person_until DOUBLE NOT NULL
        );
CREATE TABLE gate_holder (
            holder TEXT NOT NULL PRIMARY KEY,
            running INTEGER NOT NULL,
            until DOUBLE NOT NULL
        );
CREATE TABLE installation (
            name TEXT NOT NULL PRIMARY KEY,
            value TEXT NOT NULL
        );
CREATE TABLE notice (
            name TEXT NOT NULL PRIMARY KEY,
            at DATETIME NOT NULL
        );
CREATE TABLE notifications (
    message_uuid TEXT NOT NULL DEFAULT (hex(randomblob(16))) PRIMARY KEY,
    destination_uuid TEXT NOT NULL,
    topic TEXT,
    message TEXT NOT NULL,
    created_at_epoch_ms INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000), "serialization" TEXT DEFAULT NULL, "consumed" BOOLEAN NOT NULL DEFAULT FALSE, consumed_by_function_id INTEGER,
    FOREIGN KEY (destination_uuid) REFERENCES workflow_status(workflow_uuid) 
        ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE TABLE "operation_outputs" (
    workflow_uuid TEXT NOT NULL,
    function_id INTEGER NOT NULL,
    function_name TEXT NOT NULL DEFAULT '',
    output TEXT,
    error TEXT,
    child_workflow_id TEXT,
    started_at_epoch_ms INTEGER,
    completed_at_epoch_ms INTEGER,
    serialization TEXT,
    application_name TEXT DEFAULT NULL,
    retention_timestamp INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    PRIMARY KEY (workflow_uuid, function_id)
);
CREATE TABLE preference (
            team_id TEXT NOT NULL,
            scope TEXT NOT NULL,
            subject_id TEXT NOT NULL,
            language TEXT NOT NULL,
            PRIMARY KEY (team_id, scope, subject_id)
        );
INSERT INTO "preference" VALUES('T0LOOPBACK1','user','U0BRUNO0001','pt-BR');
CREATE TABLE queues (
    queue_id TEXT PRIMARY KEY DEFAULT (hex(randomblob(16))),
    name TEXT NOT NULL UNIQUE,
    concurrency INTEGER,
    worker_concurrency INTEGER,
    rate_limit_max INTEGER,
    rate_limit_period_sec REAL,
    priority_enabled BOOLEAN NOT NULL DEFAULT FALSE,
    partition_queue BOOLEAN NOT NULL DEFAULT FALSE,
    polling_interval_sec REAL NOT NULL DEFAULT 1.0,
    created_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    updated_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000)
, "application_name" TEXT DEFAULT NULL, "partition_concurrency" INTEGER DEFAULT NULL, "partition_worker_concurrency" INTEGER DEFAULT NULL, "partition_rate_limit_max" INTEGER DEFAULT NULL, "partition_rate_limit_period_sec" REAL DEFAULT NULL);
INSERT INTO "queues" VALUES('1D9C832C8A9463A72D584DBAF2061E52','watch',NULL,200,NULL,NULL,1,0,1.0,1796057925000,1796057925000,'voicestatus',NULL,NULL,NULL,NULL);
INSERT INTO "queues" VALUES('7CF93B22010C722148418334FB76FDAB','bulk',NULL,8,NULL,NULL,1,0,1.0,1796057925000,1796057925003,'voicestatus',NULL,NULL,NULL,NULL);
CREATE TABLE recent (
            team_id TEXT NOT NULL,
            user_id TEXT NOT NULL,
            idmsg TEXT NOT NULL,
            outcome TEXT NOT NULL,
            at DATETIME NOT NULL,
            PRIMARY KEY (team_id, user_id, idmsg)
        );
INSERT INTO "recent" VALUES('T0LOOPBACK1','U0ANA000001','SANDBOX-PENDING-910','pending','2026-11-30 16:58:45.418116');
INSERT INTO "recent" VALUES('T0LOOPBACK1','U0ANA000001','SANDBOX-PENDING-911','pending','2026-11-30 16:58:45.489842');
INSERT INTO "recent" VALUES('T0LOOPBACK1','U0ANA000001','SANDBOX-PENDING-912','pending','2026-11-30 16:58:45.532019');
INSERT INTO "recent" VALUES('T0LOOPBACK1','U0ANA000001','SANDBOX-PENDING-913','pending','2026-11-30 16:58:45.553953');
INSERT INTO "recent" VALUES('T0LOOPBACK1','U0ANA000001','SANDBOX-PENDING-914','pending','2026-11-30 16:58:45.589961');
INSERT INTO "recent" VALUES('T0LOOPBACK1','U0ANA000001','SANDBOX-PENDING-915','pending','2026-11-30 16:58:45.614287');
INSERT INTO "recent" VALUES('T0LOOPBACK1','U0ANA000001','SANDBOX-PENDING-916','pending','2026-11-30 16:58:46.146631');
INSERT INTO "recent" VALUES('T0LOOPBACK1','U0BRUNO0001','SANDBOX-BUSY','failed','2026-11-30 16:58:46.178619');
INSERT INTO "recent" VALUES('T0LOOPBACK1','U0BRUNO0001','SANDBOX-PENDING-917','pending','2026-11-30 16:58:46.214517');
INSERT INTO "recent" VALUES('T0LOOPBACK1','U0ANA000001','SANDBOX-PENDING-0.2','pending','2026-11-30 16:58:51.075454');
INSERT INTO "recent" VALUES('T0LOOPBACK1','U0ANA000001','SANDBOX-PENDING-0.3','pending','2026-11-30 16:58:52.094095');
INSERT INTO "recent" VALUES('T0LOOPBACK1','U0ANA000001','SANDBOX-PENDING-5','pending','2026-11-30 16:58:53.210530');
CREATE TABLE schema_migration (
    number INTEGER NOT NULL PRIMARY KEY,
    applied_at DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP
);
INSERT INTO "schema_migration" VALUES(1,'2026-11-30 16:58:43');
INSERT INTO "schema_migration" VALUES(2,'2026-11-30 16:58:43');
INSERT INTO "schema_migration" VALUES(3,'2026-11-30 16:58:43');
INSERT INTO "schema_migration" VALUES(4,'2026-11-30 16:58:43');
CREATE TABLE seen_event (
            event_key TEXT NOT NULL PRIMARY KEY,
            at DATETIME NOT NULL
        );
INSERT INTO "seen_event" VALUES('share:C0SUPPORT01:U0ANA000001:1796057923.000006:SANDBOX-BUSY','2026-11-30 16:58:43.775828');
INSERT INTO "seen_event" VALUES('event:Ev000000014','2026-11-30 16:58:44.112275');
INSERT INTO "seen_event" VALUES('event:Ev000000020','2026-11-30 16:58:44.341407');
INSERT INTO "seen_event" VALUES('event:Ev000000030','2026-11-30 16:58:44.455996');
INSERT INTO "seen_event" VALUES('event:Ev000000033','2026-11-30 16:58:44.459656');
INSERT INTO "seen_event" VALUES('event:Ev000000093','2026-11-30 16:58:45.577208');
INSERT INTO "seen_event" VALUES('event:Ev000000107','2026-11-30 16:58:46.124623');
INSERT INTO "seen_event" VALUES('event:Ev000000183','2026-11-30 16:58:51.059928');
INSERT INTO "seen_event" VALUES('event:Ev000000200','2026-11-30 16:58:53.176800');
CREATE TABLE streams (
    workflow_uuid TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    "offset" INTEGER NOT NULL, function_id INTEGER NOT NULL DEFAULT 0, "serialization" TEXT DEFAULT NULL,
    PRIMARY KEY (workflow_uuid, key, "offset"),
    FOREIGN KEY (workflow_uuid) REFERENCES workflow_status(workflow_uuid) 
        ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE TABLE watch (
            id TEXT NOT NULL PRIMARY KEY,
            idmsg TEXT NOT NULL,
            user_id TEXT NOT NULL,
            team_id TEXT NOT NULL,
            channel_id TEXT NOT NULL,
            thread_ts TEXT NOT NULL,
            card_channel_id TEXT,
            card_ts TEXT,
            started_at DATETIME NOT NULL,
            expires_at DATETIME NOT NULL,
            due_at DATETIME NOT NULL,
            state TEXT NOT NULL,
            looks INTEGER NOT NULL,
            unknown BOOLEAN NOT NULL,
            turn INTEGER NOT NULL,
            raw TEXT,
            error TEXT,
            error_detail TEXT,
            checked_at DATETIME,
            sandbox BOOLEAN NOT NULL,
            ending TEXT,
            attempts INTEGER NOT NULL,
            doubtful BOOLEAN NOT NULL,
            teller TEXT,
            decided_at DATETIME,
            ended_at DATETIME
        );
INSERT INTO "watch" VALUES('4aebfc37a3341b21','SANDBOX-PENDING-908','U0ANA000001','T0LOOPBACK1','U0ANA000001','',NULL,NULL,'2026-11-30 16:58:45.031426','2026-11-30 17:28:45.031426','2026-11-30 16:58:58.084856','waiting',2,0,2,'024',NULL,NULL,'2026-11-30 16:58:53.082729',1,NULL,0,0,NULL,NULL,NULL);
INSERT INTO "watch" VALUES('fbbf435b3d400ba6','SANDBOX-PENDING-909','U0ANA000001','T0LOOPBACK1','U0ANA000001','',NULL,NULL,'2026-11-30 16:58:45.324362','2026-11-30 17:28:45.324362','2026-11-30 16:58:58.119170','waiting',2,0,2,'024',NULL,NULL,'2026-11-30 16:58:53.118868',1,NULL,0,0,NULL,NULL,NULL);
INSERT INTO "watch" VALUES('febfe6c55e92dc87','SANDBOX-PENDING-910','U0ANA000001','T0LOOPBACK1','U0ANA000001','',NULL,NULL,'2026-11-30 16:58:45.450933','2026-11-30 17:28:45.450933','2026-11-30 16:58:58.132740','waiting',2,0,2,'024',NULL,NULL,'2026-11-30 16:58:53.132460',1,NULL,0,0,NULL,NULL,NULL);
INSERT INTO "watch" VALUES('89993d6c40e630af','SANDBOX-PENDING-911','U0ANA000001','T0LOOPBACK1','U0ANA000001','',NULL,NULL,'2026-11-30 16:58:45.491111','2026-11-30 17:28:45.491111','2026-11-30 16:58:58.112637','waiting',2,0,2,'024',NULL,NULL,'2026-11-30 16:58:53.112152',1,NULL,0,0,NULL,NULL,NULL);
INSERT INTO "watch" VALUES('97b15970cf3ee3f9','SANDBOX-PENDING-912','U0ANA000001','T0LOOPBACK1','U0ANA000001','',NULL,NULL,'2026-11-30 16:58:45.534328','2026-11-30 17:28:45.534328','2026-11-30 16:58:58.146563','waiting',2,0,2,'024',NULL,NULL,'2026-11-30 16:58:53.146217',1,NULL,0,0,NULL,NULL,NULL);
INSERT INTO "watch" VALUES('a8cda8774b15bb0e','SANDBOX-PENDING-913','U0ANA000001','T0LOOPBACK1','U0ANA000001','',NULL,NULL,'2026-11-30 16:58:45.555136','2026-11-30 17:28:45.555136','2026-11-30 16:58:58.127592','waiting',2,0,2,'024',NULL,NULL,'2026-11-30 16:58:53.127285',1,NULL,0,0,NULL,NULL,NULL);
INSERT INTO "watch" VALUES('a779ecc708887d54','SANDBOX-PENDING-914','U0ANA000001','T0LOOPBACK1','C0SUPPORT01','1796057925.000092','C0SUPPORT01','1796057925.000094','2026-11-30 16:58:45.591798','2026-11-30 17:28:45.591798','2026-11-30 16:58:58.100112','waiting',2,0,2,'024',NULL,NULL,'2026-11-30 16:58:53.093879',1,NULL,0,0,NULL,NULL,NULL);
INSERT INTO "watch" VALUES('a0605ad83b09be58','SANDBOX-PENDING-915','U0ANA000001','T0LOOPBACK1','U0ANA000001','',NULL,NULL,'2026-11-30 16:58:45.615437','2026-11-30 17:28:45.615437','2026-11-30 16:58:46.015437','cancelled',0,0,0,NULL,NULL,NULL,NULL,0,NULL,0,0,NULL,NULL,'2026-11-30 16:58:45.623555');
INSERT INTO "watch" VALUES('9bceb4f1e6fb842f','SANDBOX-PENDING-915','U0ANA000001','T0LOOPBACK1','U0ANA000001','',NULL,NULL,'2026-11-30 16:58:45.629710','2026-11-30 17:58:45.629710','2026-11-30 16:58:58.140982','waiting',2,0,2,'024',NULL,NULL,'2026-11-30 16:58:53.140608',1,NULL,0,0,NULL,NULL,NULL);
INSERT INTO "watch" VALUES('7b52d9946ccb0b2b','SANDBOX-PENDING-916','U0ANA000001','T0LOOPBACK1','C0SUPPORT01','1796057926.000106','C0SUPPORT01','1796057926.000108','2026-11-30 16:58:46.150693','2026-11-30 17:28:46.150693','2026-11-30 16:58:58.151779','waiting',2,0,2,'024',NULL,NULL,'2026-11-30 16:58:53.151509',1,NULL,0,0,NULL,NULL,NULL);
INSERT INTO "watch" VALUES('e789b3af8f1781d0','SANDBOX-PENDING-917','U0BRUNO0001','T0LOOPBACK1','U0BRUNO0001','',NULL,NULL,'2026-11-30 16:58:46.219268','2026-11-30 17:28:46.219268','2026-11-30 16:58:58.158344','waiting',2,0,2,'024',NULL,NULL,'2026-11-30 16:58:53.158041',1,NULL,0,0,NULL,NULL,NULL);
INSERT INTO "watch" VALUES('5d797554c6ee92b3','SANDBOX-PENDING-0.2','U0ANA000001','T0LOOPBACK1','C0SUPPORT01','1796057931.000182','C0SUPPORT01','1796057931.000184','2026-11-30 16:58:51.077285','2026-11-30 17:28:51.077285','2026-11-30 16:59:52.070553','telling',1,0,0,'ok:85.00',NULL,NULL,'2026-11-30 16:58:52.067865',1,'status',1,1,'114face971611fbe/349a1b95','2026-11-30 16:58:52.070504',NULL);
INSERT INTO "watch" VALUES('493d8d70d00ac06f','SANDBOX-PENDING-0.3','U0ANA000001','T0LOOPBACK1','U0ANA000001','',NULL,NULL,'2026-11-30 16:58:52.095149','2026-11-30 17:28:52.095149','2026-11-30 16:59:53.165648','told',1,0,0,'ok:85.00',NULL,NULL,'2026-11-30 16:58:53.165317',1,'status',1,0,'114face971611fbe/c4a81eae','2026-11-30 16:58:53.165599','2026-11-30 16:58:53.175637');
INSERT INTO "watch" VALUES('d91ca09330329acd','SANDBOX-PENDING-5','U0ANA000001','T0LOOPBACK1','C0SUPPORT01','1796057933.000199','C0SUPPORT01','1796057933.000201','2026-11-30 16:58:53.214722','2026-11-30 17:28:53.214722','2026-11-30 16:59:01.131186','waiting',1,0,1,'024',NULL,NULL,'2026-11-30 16:58:56.130440',1,NULL,0,0,NULL,NULL,NULL);
CREATE TABLE workflow_events (
    workflow_uuid TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL, "serialization" TEXT DEFAULT NULL,
    PRIMARY KEY (workflow_uuid, key),
    FOREIGN KEY (workflow_uuid) REFERENCES workflow_status(workflow_uuid) 
        ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE TABLE workflow_events_history (
    workflow_uuid TEXT NOT NULL,
    function_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL, "serialization" TEXT DEFAULT NULL,
    PRIMARY KEY (workflow_uuid, function_id, key),
    FOREIGN KEY (workflow_uuid) REFERENCES workflow_status(workflow_uuid)
        ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE TABLE workflow_input (
    workflow_uuid TEXT NOT NULL PRIMARY KEY,
    inputs TEXT,
    retention_timestamp INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000)
);
INSERT INTO "workflow_input" VALUES('watch:4aebfc37a3341b21:2','{"namedArgs":{},"positionalArgs":["4aebfc37a3341b21",2]}',1796057933000);
INSERT INTO "workflow_input" VALUES('watch:89993d6c40e630af:2','{"namedArgs":{},"positionalArgs":["89993d6c40e630af",2]}',1796057933000);
INSERT INTO "workflow_input" VALUES('watch:fbbf435b3d400ba6:2','{"namedArgs":{},"positionalArgs":["fbbf435b3d400ba6",2]}',1796057933000);
INSERT INTO "workflow_input" VALUES('watch:a8cda8774b15bb0e:2','{"namedArgs":{},"positionalArgs":["a8cda8774b15bb0e",2]}',1796057933000);
INSERT INTO "workflow_input" VALUES('watch:a779ecc708887d54:2','{"namedArgs":{},"positionalArgs":["a779ecc708887d54",2]}',1796057933000);
INSERT INTO "workflow_input" VALUES('watch:9bceb4f1e6fb842f:2','{"namedArgs":{},"positionalArgs":["9bceb4f1e6fb842f",2]}',1796057933000);
INSERT INTO "workflow_input" VALUES('watch:97b15970cf3ee3f9:2','{"namedArgs":{},"positionalArgs":["97b15970cf3ee3f9",2]}',1796057933000);
INSERT INTO "workflow_input" VALUES('watch:febfe6c55e92dc87:2','{"namedArgs":{},"positionalArgs":["febfe6c55e92dc87",2]}',1796057933000);
INSERT INTO "workflow_input" VALUES('watch:7b52d9946ccb0b2b:2','{"namedArgs":{},"positionalArgs":["7b52d9946ccb0b2b",2]}',1796057933000);
INSERT INTO "workflow_input" VALUES('watch:e789b3af8f1781d0:2','{"namedArgs":{},"positionalArgs":["e789b3af8f1781d0",2]}',1796057933000);
INSERT INTO "workflow_input" VALUES('bulk:896291176d90adfd:1','{"namedArgs":{},"positionalArgs":["896291176d90adfd",1]}',1796057936000);
INSERT INTO "workflow_input" VALUES('bulk:18ac5265c97dd68b:1','{"namedArgs":{},"positionalArgs":["18ac5265c97dd68b",1]}',1796057936000);
INSERT INTO "workflow_input" VALUES('bulk:5564cb322eb79fe5:1','{"namedArgs":{},"positionalArgs":["5564cb322eb79fe5",1]}',1796057936000);
INSERT INTO "workflow_input" VALUES('watch:d91ca09330329acd:1','{"namedArgs":{},"positionalArgs":["d91ca09330329acd",1]}',1796057936000);
CREATE TABLE workflow_output (
    workflow_uuid TEXT NOT NULL PRIMARY KEY,
    output TEXT,
    error TEXT,
    retention_timestamp INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000)
);
CREATE TABLE workflow_schedules (
    schedule_id TEXT PRIMARY KEY,
    schedule_name TEXT NOT NULL UNIQUE,
    workflow_name TEXT NOT NULL,
    workflow_class_name TEXT,
    schedule TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'ACTIVE',
    context TEXT NOT NULL
, "last_fired_at" TEXT DEFAULT NULL, "automatic_backfill" BOOLEAN NOT NULL DEFAULT FALSE, "cron_timezone" TEXT DEFAULT NULL, "queue_name" TEXT DEFAULT NULL, "application_name" TEXT DEFAULT NULL);
CREATE TABLE workflow_status (
    workflow_uuid TEXT PRIMARY KEY,
    status TEXT,
    name TEXT,
    authenticated_user TEXT,
    assumed_role TEXT,
    authenticated_roles TEXT,
    request TEXT,
    output TEXT,
    error TEXT,
    executor_id TEXT,
    created_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    updated_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    application_version TEXT,
    application_id TEXT,
    class_name TEXT DEFAULT NULL,
    config_name TEXT DEFAULT NULL,
    recovery_attempts INTEGER DEFAULT 0,
    queue_name TEXT,
    workflow_timeout_ms INTEGER,
    workflow_deadline_epoch_ms INTEGER,
    inputs TEXT,
    started_at_epoch_ms INTEGER,
    deduplication_id TEXT,
    priority INTEGER NOT NULL DEFAULT 0
, queue_partition_key TEXT, forked_from TEXT, "owner_xid" TEXT DEFAULT NULL, "parent_workflow_id" TEXT DEFAULT NULL, "serialization" TEXT DEFAULT NULL, "delay_until_epoch_ms" BIGINT DEFAULT NULL, "was_forked_from" BOOLEAN NOT NULL DEFAULT FALSE, "rate_limited" BOOLEAN NOT NULL DEFAULT FALSE, "completed_at" BIGINT, "attributes" TEXT, "schedule_name" TEXT, "debounce_deadline_epoch_ms" BIGINT DEFAULT NULL, "is_debounced" BOOLEAN NOT NULL DEFAULT FALSE, "application_name" TEXT DEFAULT NULL, "creator_xid" TEXT DEFAULT NULL);
INSERT INTO "workflow_status" VALUES('watch:4aebfc37a3341b21:2','DELAYED','watch',NULL,NULL,NULL,NULL,NULL,NULL,NULL,1796057933000,1796057933000,'1',NULL,NULL,NULL,0,'watch',NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,'portable_json',1796057938084,0,0,NULL,'null',NULL,NULL,0,'voicestatus','fe2b8ed2-5ef7-41c2-ac80-c41e51862d47');
INSERT INTO "workflow_status" VALUES('watch:89993d6c40e630af:2','DELAYED','watch',NULL,NULL,NULL,NULL,NULL,NULL,NULL,1796057933000,1796057933000,'1',NULL,NULL,NULL,0,'watch',NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,'portable_json',1796057938112,0,0,NULL,'null',NULL,NULL,0,'voicestatus','3cc97666-1447-46c2-8763-ccc3512fef59');
INSERT INTO "workflow_status" VALUES('watch:fbbf435b3d400ba6:2','DELAYED','watch',NULL,NULL,NULL,NULL,NULL,NULL,NULL,1796057933000,1796057933000,'1',NULL,NULL,NULL,0,'watch',NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,'portable_json',1796057938119,0,0,NULL,'null',NULL,NULL,0,'voicestatus','1db28716-2b2d-4d40-b738-9699458c390b');
INSERT INTO "workflow_status" VALUES('watch:a8cda8774b15bb0e:2','DELAYED','watch',NULL,NULL,NULL,NULL,NULL,NULL,NULL,1796057933000,1796057933000,'1',NULL,NULL,NULL,0,'watch',NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,'portable_json',1796057938127,0,0,NULL,'null',NULL,NULL,0,'voicestatus','a19d7130-88f1-4b0f-ac7a-7a207efbb0f0');
INSERT INTO "workflow_status" VALUES('watch:a779ecc708887d54:2','DELAYED','watch',NULL,NULL,NULL,NULL,NULL,NULL,NULL,1796057933000,1796057933000,'1',NULL,NULL,NULL,0,'watch',NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,'portable_json',1796057938100,0,0,NULL,'null',NULL,NULL,0,'voicestatus','44058253-2b02-412b-97bd-dfc2a76fc672');
INSERT INTO "workflow_status" VALUES('watch:9bceb4f1e6fb842f:2','DELAYED','watch',NULL,NULL,NULL,NULL,NULL,NULL,NULL,1796057933000,1796057933000,'1',NULL,NULL,NULL,0,'watch',NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,'portable_json',1796057938141,0,0,NULL,'null',NULL,NULL,0,'voicestatus','fcfbc94f-be6d-4f85-8878-5b226002bfa8');
INSERT INTO "workflow_status" VALUES('watch:97b15970cf3ee3f9:2','DELAYED','watch',NULL,NULL,NULL,NULL,NULL,NULL,NULL,1796057933000,1796057933000,'1',NULL,NULL,NULL,0,'watch',NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,'portable_json',1796057938146,0,0,NULL,'null',NULL,NULL,0,'voicestatus','e5648b2b-cc87-468c-aca0-0cc74cc3b6f8');
INSERT INTO "workflow_status" VALUES('watch:febfe6c55e92dc87:2','DELAYED','watch',NULL,NULL,NULL,NULL,NULL,NULL,NULL,1796057933000,1796057933000,'1',NULL,NULL,NULL,0,'watch',NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,'portable_json',1796057938132,0,0,NULL,'null',NULL,NULL,0,'voicestatus','ba522c52-1885-48af-b93c-8a75af2049cf');
INSERT INTO "workflow_status" VALUES('watch:7b52d9946ccb0b2b:2','DELAYED','watch',NULL,NULL,NULL,NULL,NULL,NULL,NULL,1796057933000,1796057933000,'1',NULL,NULL,NULL,0,'watch',NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,'portable_json',1796057938151,0,0,NULL,'null',NULL,NULL,0,'voicestatus','514308f9-34ab-4b79-80c1-d82975028474');
INSERT INTO "workflow_status" VALUES('watch:e789b3af8f1781d0:2','DELAYED','watch',NULL,NULL,NULL,NULL,NULL,NULL,NULL,1796057933000,1796057933000,'1',NULL,NULL,NULL,0,'watch',NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,'portable_json',1796057938158,0,0,NULL,'null',NULL,NULL,0,'voicestatus','ec4d687c-7319-4c4d-835d-2a95950fb190');
INSERT INTO "workflow_status" VALUES('bulk:896291176d90adfd:1','DELAYED','bulk',NULL,NULL,NULL,NULL,NULL,NULL,NULL,1796057936000,1796057936000,'1',NULL,NULL,NULL,0,'bulk',NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,'portable_json',1796057936134,0,0,NULL,'null',NULL,NULL,0,'voicestatus','c5fb06bf-9edb-446b-8484-757ccbb8dc14');
INSERT INTO "workflow_status" VALUES('bulk:18ac5265c97dd68b:1','DELAYED','bulk',NULL,NULL,NULL,NULL,NULL,NULL,NULL,1796057936000,1796057936000,'1',NULL,NULL,NULL,0,'bulk',NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,'portable_json',1796057936155,0,0,NULL,'null',NULL,NULL,0,'voicestatus','639ddaf9-b333-4c14-9792-581e8bf6a249');
INSERT INTO "workflow_status" VALUES('bulk:5564cb322eb79fe5:1','DELAYED','bulk',NULL,NULL,NULL,NULL,NULL,NULL,NULL,1796057936000,1796057936000,'1',NULL,NULL,NULL,0,'bulk',NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,'portable_json',1796057936164,0,0,NULL,'null',NULL,NULL,0,'voicestatus','1d9f8d1f-043f-4360-8dd6-16a0a83f86f4');
INSERT INTO "workflow_status" VALUES('watch:d91ca09330329acd:1','DELAYED','watch',NULL,NULL,NULL,NULL,NULL,NULL,NULL,1796057936000,1796057936000,'1',NULL,NULL,NULL,0,'watch',NULL,NULL,NULL,NULL,NULL,0,NULL,NULL,NULL,NULL,'portable_json',1796057941131,0,0,NULL,'null',NULL,NULL,0,'voicestatus','2f197327-5772-41ff-b549-a69da905ce99');
CREATE INDEX audit_at ON audit (at);
CREATE INDEX recent_at ON recent (at);
CREATE INDEX seen_event_at ON seen_event (at);
CREATE UNIQUE INDEX watch_open ON watch (team_id, channel_id, thread_ts, idmsg)
        WHERE ended_at IS NULL;
CREATE INDEX watch_due ON watch (due_at) WHERE ended_at IS NULL;
CREATE INDEX watch_of_user ON watch (team_id, user_id) WHERE ended_at IS NULL;
CREATE INDEX watch_ended_at ON watch (ended_at);
CREATE INDEX bulk_due ON bulk (due_at) WHERE ended_at IS NULL;
CREATE INDEX bulk_of_user ON bulk (team_id, user_id) WHERE ended_at IS NULL;
CREATE INDEX bulk_ended_at ON bulk (ended_at);
CREATE INDEX bulk_item_lap ON bulk_item (bulk_id, lap, position);
CREATE INDEX workflow_status_created_at_index ON workflow_status (created_at);
CREATE INDEX idx_workflow_topic ON notifications (destination_uuid, topic);
CREATE INDEX "idx_workflow_status_delayed" ON "workflow_status" ("delay_until_epoch_ms") WHERE status = 'DELAYED';
CREATE INDEX "idx_workflow_status_forked_from" ON "workflow_status" ("forked_from") WHERE "forked_from" IS NOT NULL;
CREATE INDEX "idx_workflow_status_parent_workflow_id" ON "workflow_status" ("parent_workflow_id") WHERE "parent_workflow_id" IS NOT NULL;
CREATE UNIQUE INDEX "uq_workflow_status_dedup_id" ON "workflow_status" ("queue_name", "deduplication_id") WHERE "deduplication_id" IS NOT NULL;
CREATE INDEX "idx_workflow_status_pending" ON "workflow_status" ("created_at") WHERE "status" = 'PENDING';
CREATE INDEX "idx_workflow_status_failed" ON "workflow_status" ("status", "created_at") WHERE "status" IN ('ERROR', 'CANCELLED', 'MAX_RECOVERY_ATTEMPTS_EXCEEDED');
CREATE INDEX "idx_workflow_status_rate_limited" ON "workflow_status" ("queue_name", "started_at_epoch_ms") WHERE "rate_limited" = TRUE;
CREATE INDEX "idx_workflow_status_completed_at" ON "workflow_status" ("completed_at") WHERE "completed_at" IS NOT NULL;
CREATE INDEX "idx_workflow_status_started_at" ON "workflow_status" ("started_at_epoch_ms") WHERE "started_at_epoch_ms" IS NOT NULL;
CREATE INDEX "idx_workflow_status_schedule_name" ON "workflow_status" ("schedule_name") WHERE "schedule_name" IS NOT NULL;
CREATE UNIQUE INDEX "uq_application_versions_owner_version"
    ON application_versions ("application_name", "version_name")
    WHERE "application_name" IS NOT NULL;
CREATE UNIQUE INDEX "uq_application_versions_unclaimed_version"
    ON application_versions ("version_name")
    WHERE "application_name" IS NULL;
CREATE INDEX idx_workflow_input_retention
    ON workflow_input (retention_timestamp);
CREATE INDEX idx_workflow_output_retention
    ON workflow_output (retention_timestamp);
CREATE INDEX idx_operation_outputs_retention
    ON operation_outputs (retention_timestamp);
CREATE INDEX "idx_workflow_status_in_flight_v2" ON "workflow_status" ("queue_name", "status", "priority", "created_at", "application_name") WHERE "status" IN ('ENQUEUED', 'PENDING');
CREATE INDEX "idx_workflow_status_partition_dequeue_v3" ON "workflow_status" ("queue_name", "status", "queue_partition_key", "priority", "created_at", "workflow_uuid", "application_name") WHERE "status" IN ('ENQUEUED', 'PENDING') AND "queue_partition_key" IS NOT NULL;
CREATE INDEX "idx_operation_outputs_completed_at_function_name_v2" ON "operation_outputs" ("completed_at_epoch_ms", "function_name", "application_name");
CREATE INDEX "idx_workflow_status_deadline" ON "workflow_status" ("workflow_deadline_epoch_ms") WHERE "status" IN ('ENQUEUED', 'PENDING', 'DELAYED') AND "workflow_deadline_epoch_ms" IS NOT NULL;
CREATE INDEX "idx_application_versions_timestamp" ON "application_versions" ("version_timestamp" DESC);
CREATE INDEX "idx_application_versions_owner_timestamp" ON "application_versions" ("application_name", "version_timestamp" DESC);
COMMIT;
