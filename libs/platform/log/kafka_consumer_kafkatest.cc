#include "libs/testing/log/consumer_contract.h"
#include "libs/testing/log/consumer_fault_contract.h"
#include "libs/testing/log/kafka_world.h"

namespace kontor::log {
namespace {

INSTANTIATE_TEST_SUITE_P(Kafka, ConsumerContract, ::testing::Values(MakeKafkaWorld));

class KafkaConsumer : public ConsumerContract {};
INSTANTIATE_TEST_SUITE_P(Kafka, KafkaConsumer, ::testing::Values(MakeKafkaWorld));

TEST_P(KafkaConsumer, ATopicDeletedUnderAConsumerIsAnAlarmAndNoCrash) {
  LedgerHandler handler;
  Consumer consumer(log_, *direct_, handler, Options());
  ASSERT_THAT(consumer.Start(), kontor::testing::IsOk());
  ExpectAllApplied(consumer, Append(100));
  KafkaWorld::kafka().DeleteTopics("orders");
  EXPECT_TRUE(Eventually([&] { return absl::StrContains(consumer.Stats().last_error, "no topic"); }))
      << consumer.Stats().last_error;
  consumer.Stop();
  EXPECT_TRUE(LedgerIsExact(*direct_, 100));
}

}  // namespace
}  // namespace kontor::log
