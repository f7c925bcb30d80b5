#include "libs/platform/log/consumer.h"
#include "libs/testing/log/consumer_contract.h"
#include "libs/testing/log/consumer_fault_contract.h"
#include "libs/testing/log/memory_world.h"
#include "libs/testing/log/postgres_world.h"

namespace kontor::log {
namespace {

INSTANTIATE_TEST_SUITE_P(Memory, ConsumerContract, ::testing::Values(MakeMemoryWorld));
INSTANTIATE_TEST_SUITE_P(Postgres, ConsumerContract, ::testing::Values(MakePostgresWorld));

}  // namespace
}  // namespace kontor::log
