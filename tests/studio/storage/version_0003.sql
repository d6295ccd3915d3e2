BEGIN TRANSACTION;
CREATE TABLE arkor_dash_version (
	version_num VARCHAR(32) NOT NULL,
	CONSTRAINT arkor_dash_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "arkor_dash_version" VALUES('0003');
CREATE TABLE artifacts (
	job_id VARCHAR(64) NOT NULL,
	seq BIGINT NOT NULL,
	position INTEGER NOT NULL,
	kind TEXT NOT NULL,
	name TEXT NOT NULL,
	step FLOAT,
	size_bytes BIGINT,
	created_at_ms BIGINT NOT NULL,
	PRIMARY KEY (job_id, seq, position),
	FOREIGN KEY(job_id) REFERENCES jobs (id)
);
INSERT INTO "artifacts" VALUES('job_a',10,0,'artifact','model.npz',NULL,7,1795748331136);
CREATE TABLE events (
	job_id VARCHAR(64) NOT NULL,
	seq BIGINT NOT NULL,
	name VARCHAR(64) NOT NULL,
	data TEXT NOT NULL,
	PRIMARY KEY (job_id, seq),
	FOREIGN KEY(job_id) REFERENCES jobs (id)
)
 WITHOUT ROWID
;
INSERT INTO "events" VALUES('job_a',1,'training.started','{"type": "training.started"}');
INSERT INTO "events" VALUES('job_a',2,'training.log','{"timestamp": "2026-11-23T11:37:22.453Z", "step": 1, "loss": 5.0}');
INSERT INTO "events" VALUES('job_a',3,'training.log','{"timestamp": "2026-11-23T11:37:23.453Z", "step": 2, "loss": 3.3333333333333335}');
INSERT INTO "events" VALUES('job_a',4,'training.log','{"timestamp": "2026-11-23T11:37:24.453Z", "step": 3, "loss": 2.5}');
INSERT INTO "events" VALUES('job_a',5,'training.log','{"timestamp": "2026-11-23T11:37:25.453Z", "step": 4, "loss": 2.0}');
INSERT INTO "events" VALUES('job_a',6,'training.log','{"timestamp": "2026-11-23T11:37:26.453Z", "step": 5, "loss": 1.6666666666666667}');
INSERT INTO "events" VALUES('job_a',7,'training.log','{"timestamp": "2026-11-23T11:37:27.453Z", "step": 6, "loss": 1.4285714285714286}');
INSERT INTO "events" VALUES('job_a',8,'training.log','{"timestamp": "2026-11-23T11:37:28.453Z", "step": 7, "loss": 1.25}');
INSERT INTO "events" VALUES('job_a',9,'training.log','{"timestamp": "2026-11-23T11:37:29.453Z", "step": 8, "loss": 1.1111111111111112}');
INSERT INTO "events" VALUES('job_a',10,'training.completed','{"artifacts": [{"name": "model.npz", "sizeBytes": 7}]}');
CREATE TABLE jobs (
	number INTEGER NOT NULL,
	id VARCHAR(64) NOT NULL,
	owner VARCHAR(64) NOT NULL,
	name TEXT NOT NULL,
	status VARCHAR(16) NOT NULL,
	config TEXT NOT NULL,
	error TEXT,
	created_at_ms BIGINT NOT NULL,
	started_at_ms BIGINT,
	completed_at_ms BIGINT,
	exit_code INTEGER,
	last_seq BIGINT NOT NULL,
	given_name TEXT,
	tags TEXT,
	notes TEXT,
	archived_at_ms BIGINT,
	summarized_seq BIGINT,
	PRIMARY KEY (number),
	UNIQUE (id)
);
INSERT INTO "jobs" VALUES(1,'job_a','local','old','completed','{"x": 1}',NULL,1795433848453,1795748331136,1795748331136,NULL,10,NULL,NULL,NULL,NULL,10);
CREATE TABLE metrics (
	job_id VARCHAR(64) NOT NULL,
	name VARCHAR(200) NOT NULL,
	last FLOAT,
	lowest FLOAT,
	highest FLOAT,
	PRIMARY KEY (job_id, name),
	FOREIGN KEY(job_id) REFERENCES jobs (id)
)
 WITHOUT ROWID
;
INSERT INTO "metrics" VALUES('job_a','loss',1.11111111111111116045e+00,1.11111111111111116045e+00,5.0);
INSERT INTO "metrics" VALUES('job_a','step',8.0,1.0,8.0);
CREATE INDEX jobs_by_owner_and_status ON jobs (owner, status);
CREATE INDEX metrics_by_name ON metrics (name);
COMMIT;
