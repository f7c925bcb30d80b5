#pragma once

#include <thread>

#include "libs/base/clock.h"
#include "libs/base/mutex.h"
#include "services/ingest/event_id_store.h"
#include "services/ingest/quality_book.h"
#include "services/ingest/quality_store.h"

namespace kontor::ingest {

// Stores the quality counts every second; every hour forgets event ids older than eight days and drops from the log
// what is older than its topic keeps. Owns one thread; stores once more when it is destroyed. What a crash loses of the
// counts is at most a second's.
class Housekeeping {
 public:
  Housekeeping(QualityBook& book, QualityStore& quality, EventIdStore& ids, log::EventLog& log,
               const base::Clock& clock);
  ~Housekeeping();

 private:
  void Run();
  void StoreQuality();
  void DropWhatExpired();

  QualityBook& book_;
  QualityStore& quality_;
  EventIdStore& ids_;
  log::EventLog& log_;
  const base::Clock& clock_;
  base::Mutex mutex_;
  base::CondVar stopping_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace kontor::ingest
