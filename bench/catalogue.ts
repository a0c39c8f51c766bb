/*
 * All scenarios, in the order of the report, with what this server is to reach in each. Ratios are to
 * Apache ZooKeeper in the same run.
 */
import type { Goal, Metric } from './figures.ts';
import { idleScenario } from './scenario/idle.ts';
import { steadyScenario, watchScenario } from './scenario/load.ts';
import { millionScenario } from './scenario/million.ts';
import type { Scenario } from './scenario/scenario.ts';
import { startScenario } from './scenario/start.ts';

/** Every scenario of the benchmark. */
export const SCENARIOS: readonly Scenario[] = [
  steadyScenario({
    name: 'get-100x1',
    title: 'get, 100 connections, one request each',
    load: 'get',
    connections: 100,
    outstanding: 1,
    goals: [ratioAtLeast('ratePerSecond', 1.5), ratioAtMost('cpuUsPerOp', 0.5)],
  }),
  steadyScenario({
    name: 'get-16x64',
    title: 'get, 16 connections, 64 outstanding',
    load: 'get',
    connections: 16,
    outstanding: 64,
    goals: [ratioAtLeast('ratePerSecond', 8), ratioAtMost('cpuUsPerOp', 0.1)],
  }),
  steadyScenario({
    name: 'exists-16x16',
    title: 'exists, 16 × 16',
    load: 'exists',
    connections: 16,
    outstanding: 16,
    goals: [ratioAtLeast('ratePerSecond', 8)],
  }),
  steadyScenario({
    name: 'mixed-16x16',
    title: '90 get / 10 set, 16 × 16',
    load: 'mixed',
    connections: 16,
    outstanding: 16,
    goals: [ratioAtLeast('ratePerSecond', 4)],
  }),
  steadyScenario({
    name: 'set-100x1',
    title: 'set, 100 connections, one each',
    load: 'set',
    connections: 100,
    outstanding: 1,
    goals: [ratioAtLeast('ratePerSecond', 2), ratioAtMost('cpuUsPerOp', 0.4)],
  }),
  steadyScenario({
    name: 'set-16x64',
    title: 'set, 16 × 64',
    load: 'set',
    connections: 16,
    outstanding: 64,
    goals: [ratioAtLeast('ratePerSecond', 2.5)],
  }),
  steadyScenario({
    name: 'create-delete-16x16',
    title: 'create and delete, 16 × 16',
    load: 'createDelete',
    connections: 16,
    outstanding: 16,
    goals: [ratioAtLeast('ratePerSecond', 2.5)],
  }),
  steadyScenario({
    name: 'multi-16x8',
    title: 'multi of 10 sets, 16 × 8',
    load: 'multi',
    connections: 16,
    outstanding: 8,
    goals: [ratioAtLeast('ratePerSecond', 2)],
  }),
  steadyScenario({
    name: 'children-16x4',
    title: 'getChildren of 1,000, 16 × 4',
    load: 'getChildren',
    connections: 16,
    outstanding: 4,
    goals: [ratioAtLeast('ratePerSecond', 4)],
  }),
  watchScenario('watch-1000', {
    title: 'events of one znode watched by 1,000 connections',
    connections: 1000,
    goals: [ratioAtLeast('ratePerSecond', 2)],
  }),
  steadyScenario({
    name: 'set-1x1',
    title: 'one client, set after set',
    load: 'set',
    connections: 1,
    outstanding: 1,
    goals: [ratioAtMost('p50Us', 1)],
  }),
  millionScenario,
  idleScenario,
  startScenario,
];

function ratioAtLeast(metric: Metric, limit: number): Goal {
  return { metric, of: 'ratio', bound: 'atLeast', limit };
}

function ratioAtMost(metric: Metric, limit: number): Goal {
  return { metric, of: 'ratio', bound: 'atMost', limit };
}
