#include <librdkafka/rdkafka.h>

#include <map>
#include <memory>
#include <string>

#include "libs/testing/eventually.h"
#include "libs/testing/log/event_log_contract.h"
#include "libs/testing/log/kafka_world.h"

namespace kontor::log {
namespace {

using kontor::testing::Eventually;
using kontor::testing::IsOk;
using kontor::testing::IsOkAndHolds;
using kontor::testing::StatusIs;

INSTANTIATE_TEST_SUITE_P(Kafka, EventLogContract, ::testing::Values(MakeKafkaWorld));

// A producer that knows nothing of us.
class StrangeProducer {
 public:
  explicit StrangeProducer(const std::map<std::string, std::string>& settings) {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    for (const auto& [name, value] : settings) {
      EXPECT_EQ(rd_kafka_conf_set(conf, name.c_str(), value.c_str(), nullptr, 0), RD_KAFKA_CONF_OK) << name;
    }
    client_ = rd_kafka_new(RD_KAFKA_PRODUCER, conf, nullptr, 0);
  }
  ~StrangeProducer() { rd_kafka_destroy(client_); }

  void Send(const char* topic, std::string bytes, int64_t time_ms) {
    EXPECT_EQ(rd_kafka_producev(client_, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(0),
                                RD_KAFKA_V_VALUE(bytes.data(), bytes.size()), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
                                RD_KAFKA_V_TIMESTAMP(time_ms), RD_KAFKA_V_END),
              RD_KAFKA_RESP_ERR_NO_ERROR);
    EXPECT_EQ(rd_kafka_flush(client_, 10000), RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  void SendInTransaction(const char* topic, const std::string& bytes) {
    Check(rd_kafka_init_transactions(client_, 20000));
    Check(rd_kafka_begin_transaction(client_));
    Send(topic, bytes, 1);
    Check(rd_kafka_commit_transaction(client_, 20000));
  }

 private:
  static void Check(rd_kafka_error_t* error) {
    EXPECT_EQ(error, nullptr) << rd_kafka_error_string(error);
    if (error != nullptr) rd_kafka_error_destroy(error);
  }
  rd_kafka_t* client_ = nullptr;
};

TEST(KafkaEventLog, RecordsOfAnotherClientAreRead) {
  KafkaWorld world;
  ASSERT_THAT(world.log().CreateTopics({{"orders", 1}}), IsOk());
  StrangeProducer producer({{"bootstrap.servers", world.kafka().bootstrap_servers()}, {"compression.type", "lz4"}});
  const std::string bytes("with a \0 inside", 15);
  producer.Send("orders", bytes, 1234567890123);
  producer.Send("orders", "", 1234567890124);
  const auto records = world.log().Read("orders", 0, 0, {});
  ASSERT_THAT(records, IsOk());
  ASSERT_EQ(records->size(), 2u);
  EXPECT_EQ((*records)[0].bytes, bytes);
  EXPECT_EQ((*records)[0].received_at, absl::FromUnixMillis(1234567890123));
  EXPECT_EQ((*records)[1].bytes, "");
}

// A transaction leaves an offset without a record behind it, here at the end of the log.
TEST(KafkaEventLog, OffsetsThatAreNoRecordsAreSteppedOver) {
  KafkaWorld world;
  ASSERT_THAT(world.log().CreateTopics({{"orders", 1}}), IsOk());
  StrangeProducer producer({{"bootstrap.servers", world.kafka().bootstrap_servers()}, {"transactional.id", "t"}});
  producer.SendInTransaction("orders", "first");
  ASSERT_TRUE(Eventually([&] { return world.log().End("orders", 0).value() == 2; }));
  ASSERT_EQ(world.log().Read("orders", 0, 0, {})->size(), 1u);
  const auto at_gap = world.log().Read("orders", 0, 1, {});
  ASSERT_THAT(at_gap, IsOk());
  EXPECT_TRUE(at_gap->empty());
  EXPECT_TRUE(world.log().WaitForRecords({{"orders", 0, 1}}, absl::Milliseconds(50))->empty());
  ASSERT_THAT(world.other_log().Append("orders", {{"k", "second"}}), IsOk());
  EXPECT_EQ(world.log().WaitForRecords({{"orders", 0, 1}}, absl::Seconds(10))->size(), 1u);
  const auto after = world.log().Read("orders", 0, 1, {});
  ASSERT_THAT(after, IsOk());
  ASSERT_EQ(after->size(), 1u);
  EXPECT_EQ(after->front().offset, 2);
}

// The broker would create a topic for whoever asks for one.
TEST(KafkaEventLog, AnUnknownTopicIsNotCreatedByAsking) {
  KafkaWorld world;
  const auto unknown = StatusIs(absl::StatusCode::kNotFound, kReasonUnknownTopic);
  EXPECT_THAT(world.log().Append("x", {{"k", "v"}}), unknown);
  EXPECT_THAT(world.log().Read("x", 0, 0, {}), unknown);
  EXPECT_THAT(world.log().Begin("x", 0), unknown);
  EXPECT_THAT(world.log().WaitForRecords({{"x", 0, 0}}, absl::Seconds(10)), unknown);
  EXPECT_THAT(world.log().Trim("x", 0, 1), unknown);
  EXPECT_THAT(world.other_log().Partitions("x"), unknown);
}

TEST(KafkaEventLog, ADeletedTopicIsNotFoundAndMayComeBack) {
  KafkaWorld world;
  EventLog& log = world.log();
  for (const char* life : {"first", "second"}) {
    ASSERT_THAT(log.CreateTopics({{"orders", 1}}), IsOk());
    ASSERT_TRUE(Eventually([&] { return log.Append("orders", {{"k", life}}).ok(); }));
    const auto records = log.Read("orders", 0, 0, {});
    ASSERT_THAT(records, IsOk());
    ASSERT_EQ(records->size(), 1u);
    EXPECT_EQ(records->front().bytes, life);
    EXPECT_TRUE(log.WaitForRecords({{"orders", 0, 1}}, absl::Milliseconds(10))->empty());
    world.kafka().DeleteTopics("orders");
    EXPECT_TRUE(Eventually([&] { return absl::IsNotFound(log.Append("orders", {{"k", "lost"}}).status()); }));
    EXPECT_TRUE(Eventually([&] { return absl::IsNotFound(log.Read("orders", 0, 1, {}).status()); }));
    EXPECT_TRUE(Eventually([&] {
      return absl::IsNotFound(log.WaitForRecords({{"orders", 0, 1}}, absl::Milliseconds(10)).status());
    }));
  }
}

TEST(KafkaEventLog, RetentionIsTakenOverAndOtherSettingsStay) {
  KafkaWorld world;
  ASSERT_THAT(world.log().CreateTopics({{"behavior", 1, absl::Hours(24)}}), IsOk());
  ASSERT_THAT(world.log().Append("behavior", {{"k", "v"}}), IsOk());
  ASSERT_THAT(world.other_log().CreateTopics({{"behavior", 1, absl::Hours(1)}}), IsOk());
  world.clock().Advance(absl::Hours(2));
  ASSERT_THAT(world.log().ApplyRetention(world.clock().Now()), IsOk());
  EXPECT_THAT(world.log().Begin("behavior", 0), IsOkAndHolds(0)) << "it created the topic with a day";
  ASSERT_THAT(world.other_log().ApplyRetention(world.clock().Now()), IsOk());
  EXPECT_THAT(world.log().Begin("behavior", 0), IsOkAndHolds(1));
  const std::string large(3 << 20, 'x');
  EXPECT_THAT(world.log().Append("behavior", {{"k", large}}), IsOk()) << "max.message.bytes is as it was";
  EXPECT_EQ(world.log().Read("behavior", 0, 1, {})->front().bytes, large);
  EXPECT_THAT(world.log().Append("behavior", {{"k", std::string(9 << 20, 'x')}}),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

// More groups at places of their own than there are clients for them.
TEST(KafkaEventLog, ManyReadersOfAPartitionDoNotDisturbEachOther) {
  KafkaWorld world;
  ASSERT_THAT(world.log().CreateTopics({{"orders", 1}}), IsOk());
  constexpr int kReaders = 12, kRecords = 3000;
  std::vector<NewRecord> records;
  for (int i = 0; i < kRecords; ++i) records.push_back({"k", absl::StrCat(i)});
  ASSERT_THAT(world.other_log().Append("orders", records), IsOk());
  std::vector<std::thread> readers;
  for (int reader = 0; reader < kReaders; ++reader) {
    readers.emplace_back([&, reader] {
      for (int next = 0; next < kRecords;) {
        auto batch = world.log().Read("orders", 0, next, {.max_records = 100 + 10 * reader});
        ASSERT_THAT(batch, IsOk());
        for (const LogRecord& record : *batch) ASSERT_EQ(record.bytes, absl::StrCat(next++));
      }
    });
  }
  for (std::thread& reader : readers) reader.join();
}

TEST(KafkaEventLog, AnUnknownSettingIsRefused) {
  kontor::testing::FakeClock clock;
  EXPECT_THAT(OpenKafkaEventLog(clock, {.bootstrap_servers = "127.0.0.1:1", .extra = {{"no.such.setting", "1"}}}),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace kontor::log
