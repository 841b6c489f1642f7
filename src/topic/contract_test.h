// What every topic keeps, whatever it is made of: one set of tests over the fake, the local log and Kafka.
//
// A program includes this once and names its worlds:
//   INSTANTIATE_TEST_SUITE_P(Fake, TopicContract, testing::Values(WorldMaker{"Plain", make_fake_world}),
//   world_name);

#pragma once

#include "topic/contract/groups_test.h"
#include "topic/contract/reading_test.h"
#include "topic/contract/records_test.h"
