// The classes of a drawn street, as indices in CamVid's order (that of its label_colors.txt). Names and
// colours are in the palette; the drawing needs only the numbers.

/// CamVid's 32 classes; the raw value is the class index in a mask. Animal, Archway, Bridge, TrafficCone, Train and
/// Tunnel never occur in a drawn street.
public enum StreetClass: UInt8, CaseIterable, Sendable {
    case animal, archway, bicyclist, bridge, building, car, cartLuggagePram, child
    case columnPole, fence, laneMarkingDriving, laneMarkingNonDriving, miscText, motorcycleScooter
    case otherMoving, parkingBlock, pedestrian, road, roadShoulder, sidewalk, signSymbol, sky
    case suvPickupTruck, trafficCone, trafficLight, train, tree, truckBus, tunnel
    case vegetationMisc, void, wall
}
