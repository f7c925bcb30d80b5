#include "services/search/engine_contract_pages.h"
#include "services/search/engine_contract_random.h"
#include "services/search/engine_contract_sets.h"

namespace kontor::search {
namespace {

std::unique_ptr<EngineUnderTest> Own() { return std::make_unique<OwnEngineUnderTest>(); }

INSTANTIATE_TEST_SUITE_P(Own, EngineContract, ::testing::Values(MakeEngine(&Own)));
INSTANTIATE_TEST_SUITE_P(Own, EngineContractRandom, ::testing::Values(MakeEngine(&Own)));

}  // namespace
}  // namespace kontor::search
