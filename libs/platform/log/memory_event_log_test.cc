#include "libs/platform/log/memory_event_log.h"

#include "libs/testing/log/event_log_contract.h"
#include "libs/testing/log/memory_world.h"

namespace kontor::log {
namespace {

INSTANTIATE_TEST_SUITE_P(Memory, EventLogContract, ::testing::Values(MakeMemoryWorld));

}  // namespace
}  // namespace kontor::log
