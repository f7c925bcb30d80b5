#include "libs/platform/log/consumer.h"

#include "libs/platform/log/consumer_contract.h"
#include "libs/platform/log/consumer_fault_contract.h"
#include "libs/platform/log/memory_world.h"
#include "libs/platform/log/postgres_world.h"

namespace kontor::log {
namespace {

INSTANTIATE_TEST_SUITE_P(Memory, ConsumerContract, ::testing::Values(MakeMemoryWorld));
INSTANTIATE_TEST_SUITE_P(Postgres, ConsumerContract, ::testing::Values(MakePostgresWorld));

}  // namespace
}  // namespace kontor::log
