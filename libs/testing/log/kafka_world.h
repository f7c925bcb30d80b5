#pragma once

#include <memory>
#include <set>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "libs/platform/log/kafka_event_log.h"
#include "libs/testing/log/event_log_world.h"
#include "libs/testing/private_kafka.h"
#include "libs/testing/status_matchers.h"

namespace kontor::log {

// For tests: the log in this binary's private Kafka, emptied, opened twice with clients of their own.
class KafkaWorld : public EventLogWorld {
 public:
  KafkaWorld() {
    kafka().DeleteTopics();
    log_ = Open({.bootstrap_servers = kafka().bootstrap_servers()});
    other_log_ = Open({.bootstrap_servers = kafka().bootstrap_servers()});
  }

  static kontor::testing::PrivateKafka& kafka() { return kontor::testing::PrivateKafka::Shared(); }
  EventLog& log() override { return *log_; }
  EventLog& other_log() override { return *other_log_; }
  std::unique_ptr<EventLog> Open(KafkaEventLogOptions options) {
    return OpenKafkaEventLog(clock_, std::move(options)).value();
  }

 private:
  std::unique_ptr<EventLog> log_, other_log_;
};

inline std::unique_ptr<EventLogWorld> MakeKafkaWorld() { return std::make_unique<KafkaWorld>(); }

// The bytes of all records of a topic.
inline std::multiset<std::string> AllBytes(EventLog& log, const std::string& topic) {
  std::multiset<std::string> all;
  for (int partition = 0; partition < log.Partitions(topic).value(); ++partition) {
    for (int64_t next = log.Begin(topic, partition).value();;) {
      auto records = log.Read(topic, partition, next, {});
      EXPECT_THAT(records, kontor::testing::IsOk());
      if (!records.ok() || records->empty()) break;
      for (const LogRecord& record : *records) all.insert(record.bytes);
      next = records->back().offset + 1;
    }
  }
  return all;
}

}  // namespace kontor::log
