#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "libs/base/hash.h"
#include "libs/platform/log/event_log.h"
#include "libs/platform/log/follower.h"
#include "libs/testing/log/event_log_world.h"
#include "libs/testing/status_matchers.h"

// What every engine of the event log has to pass, unchanged:
//   INSTANTIATE_TEST_SUITE_P(Memory, EventLogContract, ::testing::Values(MakeMemoryWorld));
namespace kontor::log {

class EventLogContract : public ::testing::TestWithParam<MakeWorld> {
 protected:
  EventLogContract() : world_(GetParam()()), log_(world_->log()) {}

  void CreateTopic(const std::string& name, int partitions, absl::Duration retention = absl::InfiniteDuration()) {
    ASSERT_THAT(log_.CreateTopics({{name, partitions, retention}}), kontor::testing::IsOk());
  }
  std::vector<LogRecord> ReadAll(EventLog& log, const std::string& topic, int partition, int64_t from = 0) {
    std::vector<LogRecord> all;
    while (true) {
      auto records = log.Read(topic, partition, from, {.max_records = 100});
      EXPECT_THAT(records, kontor::testing::IsOk());
      if (!records.ok() || records->empty()) return all;
      from = records->back().offset + 1;
      all.insert(all.end(), records->begin(), records->end());
    }
  }

  std::unique_ptr<EventLogWorld> world_;
  EventLog& log_;
};

TEST_P(EventLogContract, TopicsKeepTheirPartitions) {
  CreateTopic("orders", 4);
  CreateTopic("orders", 4);
  EXPECT_THAT(log_.Partitions("orders"), kontor::testing::IsOkAndHolds(4));
  EXPECT_THAT(log_.CreateTopics({{"orders", 5}}),
              kontor::testing::StatusIs(absl::StatusCode::kFailedPrecondition, kReasonPartitionsFixed));
  EXPECT_THAT(log_.CreateTopics({{"No Name", 5}}), kontor::testing::StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(log_.CreateTopics({{"none", 0}}), kontor::testing::StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_P(EventLogContract, UnknownTopicsAndPartitionsAreNotFound) {
  CreateTopic("orders", 2);
  const auto unknown = kontor::testing::StatusIs(absl::StatusCode::kNotFound, kReasonUnknownTopic);
  EXPECT_THAT(log_.Partitions("x"), unknown);
  EXPECT_THAT(log_.Append("x", {{"k", "v"}}), unknown);
  EXPECT_THAT(log_.Read("x", 0, 0, {}), unknown);
  EXPECT_THAT(log_.Read("orders", 2, 0, {}), unknown);
  EXPECT_THAT(log_.End("orders", -1), unknown);
}

TEST_P(EventLogContract, RecordsComeBackInOrderWhereTheirKeyPutsThem) {
  CreateTopic("orders", 4);
  std::vector<NewRecord> records;
  for (int i = 0; i < 500; ++i)
    records.push_back({absl::StrCat("key", i % 7), absl::StrCat("bytes", i, std::string(1, '\0'))});
  auto positions = log_.Append("orders", records);
  ASSERT_THAT(positions, kontor::testing::IsOk());
  ASSERT_EQ(positions->size(), records.size());
  std::map<std::pair<int, int64_t>, size_t> at;
  std::map<int, int64_t> last;
  for (size_t i = 0; i < records.size(); ++i) {
    const Position& position = (*positions)[i];
    EXPECT_EQ(position.partition, base::PartitionOf(records[i].key, 4));
    const auto [before, is_first] = last.emplace(position.partition, position.offset);
    EXPECT_TRUE(is_first || position.offset > before->second);
    before->second = position.offset;
    at[{position.partition, position.offset}] = i;
  }
  size_t seen = 0;
  for (int partition = 0; partition < 4; ++partition) {
    for (const LogRecord& record : ReadAll(world_->other_log(), "orders", partition)) {
      EXPECT_EQ(record.bytes, records[at.at({partition, record.offset})].bytes);
      EXPECT_EQ(record.received_at, world_->clock().Now());
      ++seen;
    }
  }
  EXPECT_EQ(seen, records.size());
}

TEST_P(EventLogContract, ReadsAreLimitedByRecordsAndBytesButGetOneAtLeast) {
  CreateTopic("orders", 1);
  ASSERT_THAT(log_.Append("orders", std::vector<NewRecord>(10, {"k", std::string(1000, 'x')})),
              kontor::testing::IsOk());
  EXPECT_EQ(log_.Read("orders", 0, 0, {.max_records = 3})->size(), 3u);
  EXPECT_EQ(log_.Read("orders", 0, 0, {.max_bytes = 2500})->size(), 3u);
  EXPECT_EQ(log_.Read("orders", 0, 0, {.max_bytes = 1})->size(), 1u);
  EXPECT_EQ(log_.Read("orders", 0, 8, {})->size(), 2u);
  EXPECT_TRUE(log_.Read("orders", 0, 10, {})->empty());
  EXPECT_THAT(log_.Read("orders", 0, 11, {}),
              kontor::testing::StatusIs(absl::StatusCode::kOutOfRange, kReasonBeyondLogEnd));
}

// Readers that go on from the last offset they saw must miss nothing, whatever the writers do at the same time.
TEST_P(EventLogContract, OffsetsBecomeVisibleInTheirOrderUnderConcurrentAppends) {
  CreateTopic("orders", 2);
  constexpr int kWriters = 6, kAppends = 40, kSize = 3;
  std::atomic<int> writing = kWriters;
  std::vector<std::thread> writers;
  for (int writer = 0; writer < kWriters; ++writer) {
    writers.emplace_back([&, writer] {
      EventLog& log = writer % 2 == 0 ? log_ : world_->other_log();
      for (int i = 0; i < kAppends; ++i) {
        std::vector<NewRecord> records;
        for (int n = 0; n < kSize; ++n) records.push_back({absl::StrCat(i), absl::StrCat(writer, "/", i, "/", n)});
        EXPECT_THAT(log.Append("orders", records), kontor::testing::IsOk());
      }
      --writing;
    });
  }
  std::set<std::string> seen;
  int64_t next[2] = {0, 0};
  for (bool last = false; !last;) {
    last = writing == 0;
    for (int partition = 0; partition < 2; ++partition) {
      for (const LogRecord& record : ReadAll(world_->other_log(), "orders", partition, next[partition])) {
        EXPECT_GE(record.offset, next[partition]);
        next[partition] = record.offset + 1;
        EXPECT_TRUE(seen.insert(record.bytes).second) << record.bytes;
      }
    }
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(seen.size(), static_cast<size_t>(kWriters * kAppends * kSize));
}

TEST_P(EventLogContract, WaitingEndsWithTheFirstRecordOfEitherProcess) {
  CreateTopic("orders", 2);
  const std::vector<Position> start = {{"orders", 0, 0}, {"orders", 1, 0}};
  EXPECT_TRUE(log_.WaitForRecords(start, absl::Milliseconds(20))->empty());
  for (EventLog* writer : {&log_, &world_->other_log()}) {
    std::thread append([&] { EXPECT_THAT(writer->Append("orders", {{"k", "v"}}), kontor::testing::IsOk()); });
    const int partition = base::PartitionOf("k", 2);
    const int64_t end = writer == &log_ ? 0 : 1;
    auto ready = log_.WaitForRecords({{"orders", partition, end}}, absl::Seconds(10));
    append.join();
    ASSERT_THAT(ready, kontor::testing::IsOk());
    EXPECT_EQ(*ready, std::vector<size_t>{0});
  }
}

TEST_P(EventLogContract, RetentionDropsWhatIsTooOldAndReadsBelowItFail) {
  CreateTopic("behavior", 1, absl::Hours(24));
  CreateTopic("orders", 1);
  const std::vector<NewRecord> records(3, {"k", "v"});
  for (const char* topic : {"behavior", "orders"}) ASSERT_THAT(log_.Append(topic, records), kontor::testing::IsOk());
  world_->clock().Advance(absl::Hours(20));
  ASSERT_THAT(log_.Append("behavior", records), kontor::testing::IsOk());
  world_->clock().Advance(absl::Hours(5));
  ASSERT_THAT(log_.ApplyRetention(world_->clock().Now()), kontor::testing::IsOk());
  EXPECT_THAT(log_.Begin("behavior", 0), kontor::testing::IsOkAndHolds(3));
  EXPECT_THAT(log_.Begin("orders", 0), kontor::testing::IsOkAndHolds(0));
  EXPECT_THAT(world_->other_log().Read("behavior", 0, 2, {}),
              kontor::testing::StatusIs(absl::StatusCode::kOutOfRange, kReasonBelowLogStart));
  EXPECT_EQ(ReadAll(log_, "behavior", 0, 3).size(), 3u);
  world_->clock().Advance(absl::Hours(100));
  ASSERT_THAT(log_.ApplyRetention(world_->clock().Now()), kontor::testing::IsOk());
  EXPECT_EQ(*log_.Begin("behavior", 0), *log_.End("behavior", 0));
  auto positions = log_.Append("behavior", records);
  ASSERT_THAT(positions, kontor::testing::IsOk());
  EXPECT_GE(positions->front().offset, 6);
}

TEST_P(EventLogContract, TrimDropsBelowAnOffset) {
  CreateTopic("orders", 1);
  ASSERT_THAT(log_.Append("orders", std::vector<NewRecord>(5, {"k", "v"})), kontor::testing::IsOk());
  ASSERT_THAT(log_.Trim("orders", 0, 2), kontor::testing::IsOk());
  EXPECT_THAT(log_.Begin("orders", 0), kontor::testing::IsOkAndHolds(2));
  EXPECT_EQ(ReadAll(log_, "orders", 0, 2).front().offset, 2);
}

TEST_P(EventLogContract, ARecordKeepsTheTimeThatIntakeGaveIt) {
  CreateTopic("orders", 1);
  const absl::Time time = absl::FromUnixMicros(1234567890123456);
  ASSERT_THAT(log_.Append("orders", {{"k", "v", time}}), kontor::testing::IsOk());
  EXPECT_EQ(ReadAll(log_, "orders", 0).front().received_at, time);
}

TEST_P(EventLogContract, AFollowerSeesAllAndAnswersReadYourWrites) {
  CreateTopic("orders", 3);
  std::vector<NewRecord> records;
  for (int i = 0; i < 300; ++i) records.push_back({absl::StrCat(i), absl::StrCat(i)});
  ASSERT_THAT(log_.Append("orders", records), kontor::testing::IsOk());
  std::atomic<int> applied = 0;
  std::atomic<bool> hold = false;
  Follower follower(world_->other_log(), world_->clock(), {.topics = {"orders"}},
                    [&](absl::string_view, int, absl::Span<const LogRecord> batch) {
                      while (hold) std::this_thread::yield();
                      applied += static_cast<int>(batch.size());
                    });
  EXPECT_THAT(follower.Ready(), kontor::testing::StatusIs(absl::StatusCode::kUnavailable, kReasonViewNotReady));
  ASSERT_THAT(follower.Start(), kontor::testing::IsOk());
  EXPECT_THAT(follower.WaitUntilCaughtUp(absl::Seconds(10)), kontor::testing::IsOk());
  EXPECT_THAT(follower.Ready(), kontor::testing::IsOk());
  EXPECT_EQ(applied, 300);
  hold = true;
  auto written = log_.Append("orders", {{"k", "v"}});
  ASSERT_THAT(written, kontor::testing::IsOk());
  EXPECT_THAT(follower.WaitUntilApplied(written->front(), absl::Milliseconds(30)),
              kontor::testing::StatusIs(absl::StatusCode::kUnavailable));
  hold = false;
  EXPECT_THAT(follower.WaitUntilApplied(written->front(), absl::Seconds(10)), kontor::testing::IsOk());
  EXPECT_EQ(applied, 301);
  EXPECT_THAT(follower.WaitUntilApplied({"orders", 9, 0}, absl::Seconds(1)),
              kontor::testing::StatusIs(absl::StatusCode::kNotFound));
}

TEST_P(EventLogContract, AFollowerStartsFromASnapshotAndStopsBelowTheLog) {
  CreateTopic("orders", 1);
  ASSERT_THAT(log_.Append("orders", std::vector<NewRecord>(10, {"k", "v"})), kontor::testing::IsOk());
  ASSERT_THAT(log_.Trim("orders", 0, 5), kontor::testing::IsOk());
  std::atomic<int> applied = 0;
  const auto count = [&](absl::string_view, int, absl::Span<const LogRecord> batch) {
    applied += static_cast<int>(batch.size());
  };
  Follower good(log_, world_->clock(), {.topics = {"orders"}, .from = {{"orders", 0, 7}}}, count);
  ASSERT_THAT(good.Start(), kontor::testing::IsOk());
  EXPECT_THAT(good.WaitUntilCaughtUp(absl::Seconds(10)), kontor::testing::IsOk());
  EXPECT_EQ(applied, 3);
  Follower late(log_, world_->clock(), {.topics = {"orders"}, .from = {{"orders", 0, 4}}}, count);
  ASSERT_THAT(late.Start(), kontor::testing::IsOk());
  EXPECT_THAT(late.WaitUntilCaughtUp(absl::Milliseconds(100)),
              kontor::testing::StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(late.Stats().status, kontor::testing::StatusIs(absl::StatusCode::kOutOfRange, kReasonBelowLogStart));
  EXPECT_THAT(late.Ready(), kontor::testing::StatusIs(absl::StatusCode::kOutOfRange, kReasonBelowLogStart));
}

}  // namespace kontor::log
